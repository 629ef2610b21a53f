-- Creates a database and its role, if they are missing, and makes the role the owner of the database. psql variables:
-- database, role, and option, which is CREATEDB or NOCREATEDB. The role's password is in ROLE_PASSWORD: empty for the
-- server's own role, which is not changed.

\o /dev/null
\set password `printenv ROLE_PASSWORD`
-- The server may be set to log statements, and one contains the password. Only a superuser may change these settings.
SELECT set_config(name, value, false)
    FROM (VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_error_statement', 'panic'),
                 ('pg_stat_statements.track_utility', 'off')) AS setting (name, value)
    WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
-- Databases are created concurrently, and may share a role.
SELECT pg_advisory_lock(20260105);
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I LOGIN %s PASSWORD %L', :'role', :'option', :'password') WHERE :'password' <> '' \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'role') FROM pg_database
    WHERE datname = :'database' AND pg_get_userbyid(datdba) <> :'role' \gexec
