-- Creates a database and its role, if they are missing, and gives the role the database. Variables of psql: database, role,
-- and option, which says whether the role may create databases. The role's password is in ROLE_PASSWORD, and is empty for
-- the server's own role, which stays as it is.

\o /dev/null
\set password `printenv ROLE_PASSWORD`
-- Several databases are created at once, and may have one role.
SELECT pg_advisory_lock(20260105);
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I LOGIN %s PASSWORD %L', :'role', :'option', :'password') WHERE :'password' <> '' \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'role') FROM pg_database
    WHERE datname = :'database' AND pg_get_userbyid(datdba) <> :'role' \gexec
