-- Creates a database and its role, if they are missing, and gives the role the database. Variables of psql: database, role,
-- and option, which says whether the role may create databases. The role's password is in ROLE_PASSWORD, and is empty for
-- the server's own role, which stays as it is.

\o /dev/null
\set password `printenv ROLE_PASSWORD`
-- Settings of the server may log statements, and one has the password. Only a superuser may change them.
SELECT set_config(name, value, false)
    FROM (VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_error_statement', 'panic'),
                 ('pg_stat_statements.track_utility', 'off')) AS setting (name, value)
    WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
-- Several databases are created at once, and may have one role.
SELECT pg_advisory_lock(20260105);
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I LOGIN %s PASSWORD %L', :'role', :'option', :'password') WHERE :'password' <> '' \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'role') FROM pg_database
    WHERE datname = :'database' AND pg_get_userbyid(datdba) <> :'role' \gexec
