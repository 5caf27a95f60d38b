#!/bin/sh
# Read once by the postgres image, when its data directory is empty: the two roles of wangge/config/embedded.py.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$WANGGE_OWNER_PASSWORD" -v app="$WANGGE_APP_PASSWORD" -U postgres <<'SQL'
CREATE ROLE wangge_owner LOGIN PASSWORD :'owner';
CREATE ROLE wangge_app LOGIN PASSWORD :'app';
CREATE DATABASE wangge OWNER wangge_owner;
\c wangge
ALTER SCHEMA public OWNER TO wangge_owner;
GRANT USAGE ON SCHEMA public TO wangge_app;
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wangge_app;
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner GRANT USAGE, SELECT ON SEQUENCES TO wangge_app;
SQL
