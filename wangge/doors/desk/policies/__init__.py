"""惠民政策: the library with its versions, and who could claim or must renew what."""
