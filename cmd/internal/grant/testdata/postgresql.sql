== reader
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON SEQUENCES TO "orders";

== writer
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT, USAGE ON SEQUENCES TO "orders";

== owner
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE, CREATE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO "orders";

== service-connector
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
-- What Service Connector grants: more than most need, not CREATE in the schema,
-- and nothing on tables that others make later.
GRANT ALL PRIVILEGES ON DATABASE "my_shop" TO "orders";
GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA "public" TO "orders";

== service with an ID
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication.
SELECT * FROM pg_catalog.pgaadauth_create_principal_with_oid('orders', '99999999-2222-4333-8444-555555555555', 'service', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON SEQUENCES TO "orders";

== group
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The members of the group log
-- in with its name as their user.
SELECT * FROM pg_catalog.pgaadauth_create_principal_with_oid('orders', '99999999-2222-4333-8444-555555555555', 'group', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON SEQUENCES TO "orders";

== user
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "public" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "orders";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA "public" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON SEQUENCES TO "orders";

== revoke
-- In the database "my_shop":
-- As each role that granted it.
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" REVOKE ALL ON TABLES FROM "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "public" REVOKE ALL ON SEQUENCES FROM "orders";
REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM "orders";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA "public" FROM "orders";
REVOKE ALL ON SCHEMA "public" FROM "orders";
REVOKE ALL ON DATABASE "my_shop" FROM "orders";
-- In the database "postgres":
-- The server refuses this while the role owns anything, or has a privilege in
-- another schema or database.
DROP ROLE "orders";

== reader of a schema
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE ON SCHEMA "sales" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "orders";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA "sales" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT ON SEQUENCES TO "orders";

== owner of a schema
-- In the database "postgres":
-- As a Microsoft Entra administrator of the server. The two false: no
-- administrator, no multi-factor authentication. The name must be the display
-- name of the identity or group, or the person's user principal name; with
-- --object-id it may be any.
SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false);
-- In the database "my_shop":
GRANT CONNECT ON DATABASE "my_shop" TO "orders";
GRANT USAGE, CREATE ON SCHEMA "sales" TO "orders";
-- As the owner of the tables, views and sequences, or a member of the owning
-- role.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA "sales" TO "orders";
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA "sales" TO "orders";
-- For the tables, views and sequences that the role which runs this makes
-- later. Run it also as each other role that makes some in this schema, such as
-- that of your migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLES TO "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO "orders";

== revoke a schema
-- In the database "my_shop":
-- As each role that granted it.
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" REVOKE ALL ON TABLES FROM "orders";
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" REVOKE ALL ON SEQUENCES FROM "orders";
REVOKE ALL ON ALL TABLES IN SCHEMA "sales" FROM "orders";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA "sales" FROM "orders";
REVOKE ALL ON SCHEMA "sales" FROM "orders";
REVOKE ALL ON DATABASE "my_shop" FROM "orders";
-- In the database "postgres":
-- The server refuses this while the role owns anything, or has a privilege in
-- another schema or database.
DROP ROLE "orders";

