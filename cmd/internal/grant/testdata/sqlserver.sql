== reader
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];

== writer
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];
ALTER ROLE [db_datawriter] ADD MEMBER [orders];

== owner
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];
ALTER ROLE [db_datawriter] ADD MEMBER [orders];
ALTER ROLE [db_ddladmin] ADD MEMBER [orders];

== service-connector
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- What Service Connector grants: everything in the database, far more than most
-- need.
GRANT CONTROL ON DATABASE::[my_shop] TO [orders];

== service with an ID
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must begin with the display name: an ID is for one that several have.
CREATE USER [orders] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '99999999-2222-4333-8444-555555555555';
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];

== group
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must begin with the display name: an ID is for one that several have.
CREATE USER [orders] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '99999999-2222-4333-8444-555555555555';
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];

== user
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- In every schema, also on tables and views that anyone makes later; --schema
-- limits it to one.
ALTER ROLE [db_datareader] ADD MEMBER [orders];

== revoke
-- In the database [my_shop]:
-- With all that the user has in this database. The server refuses this while
-- the user owns anything.
DROP USER [orders];

== reader of a schema
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- Also on tables and views that anyone makes later.
GRANT SELECT ON SCHEMA::[sales] TO [orders];

== owner of a schema
-- In the database [my_shop]:
-- In the database itself, not in master, as a Microsoft Entra administrator of
-- the server or an Entra user who may ALTER ANY USER. Where a service principal
-- runs this, the server's own identity needs the role Directory Readers. The
-- name must be the display name of the identity or group, or the person's user
-- principal name.
CREATE USER [orders] FROM EXTERNAL PROVIDER;
-- Also on tables and views that anyone makes later. Views and procedures that
-- the user makes reach all that the schema's owner owns: let the schema have an
-- owner of its own.
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, REFERENCES, VIEW DEFINITION, ALTER ON SCHEMA::[sales] TO [orders];
GRANT CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION TO [orders];

== revoke a schema
-- In the database [my_shop]:
-- The user stays: without --schema it is dropped.
REVOKE SELECT, INSERT, UPDATE, DELETE, EXECUTE, REFERENCES, VIEW DEFINITION, ALTER ON SCHEMA::[sales] FROM [orders];
REVOKE CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION FROM [orders];

