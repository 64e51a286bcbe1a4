-- Run once, as the superuser, when the volume is empty: the two roles and the two databases; tables are for migrations.
-- The owner role owns the databases. The application's role owns nothing, creates nothing, bypasses no policy.
-- The same as config/embedded/provision.py; a test holds the two together.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_DB_PASSWORD
\getenv app_password APP_DB_PASSWORD

CREATE ROLE ringback_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE ringback_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';

CREATE DATABASE ringback OWNER ringback_owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE ringback_keys OWNER ringback_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE ringback, ringback_keys FROM PUBLIC;
GRANT CONNECT ON DATABASE ringback, ringback_keys TO ringback_app;

\connect ringback
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO ringback_owner;
GRANT USAGE ON SCHEMA public TO ringback_app;

\connect ringback_keys
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO ringback_owner;
GRANT USAGE ON SCHEMA public TO ringback_app;
