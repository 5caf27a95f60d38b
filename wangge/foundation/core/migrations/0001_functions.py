"""Database functions in plain plpgsql: bigrams of a text, and numbers of cases without a lock."""

from django.db import migrations

BIGRAMS = """
CREATE OR REPLACE FUNCTION bigrams(t text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 200 AS $$
DECLARE
    a text[] := string_to_array(lower(t), NULL);
    grams text[] := '{}';
BEGIN
    FOR i IN 1 .. coalesce(array_length(a, 1), 0) - 1 LOOP
        grams := grams || (a[i] || a[i + 1]);
    END LOOP;
    RETURN grams;
END $$;
"""

# SECURITY DEFINER: the application role owns no schema and may not make a sequence itself.
NEXT_NUMBER = """
CREATE OR REPLACE FUNCTION next_case_number(street bigint, year integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    series text := format('case_number_%s_%s', street, year);
BEGIN
    IF to_regclass(series) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext(series));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', series);
    END IF;
    RETURN nextval(series::regclass);
END $$;
"""


class Migration(migrations.Migration):
    """First of all: indexes of later tables use `bigrams`."""

    dependencies = []

    operations = [
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION bigrams(text)"),
        migrations.RunSQL(NEXT_NUMBER, "DROP FUNCTION next_case_number(bigint, integer)"),
    ]
