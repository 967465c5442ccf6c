== reader
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The name must be the display name of the identity; with
-- --client-id it may be any.
CREATE AADUSER 'orders';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT ON `my\_shop`.* TO 'orders'@'%';

== writer
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The name must be the display name of the identity; with
-- --client-id it may be any.
CREATE AADUSER 'orders';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT, INSERT, UPDATE, DELETE ON `my\_shop`.* TO 'orders'@'%';

== owner
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The name must be the display name of the identity; with
-- --client-id it may be any.
CREATE AADUSER 'orders';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, CREATE TEMPORARY TABLES, LOCK TABLES, EVENT ON `my\_shop`.* TO 'orders'@'%';

== service-connector
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The name must be the display name of the identity; with
-- --client-id it may be any.
CREATE AADUSER 'orders';
-- In the whole database, also on tables and views that anyone makes later. What
-- Service Connector grants: more than most need.
GRANT ALL PRIVILEGES ON `my\_shop`.* TO 'orders'@'%';

== service with an ID
-- The next statement takes the ID as it is.
SET aad_auth_validate_oids_in_tenant = OFF;
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers.
CREATE AADUSER 'orders' IDENTIFIED BY '99999999-2222-4333-8444-555555555555';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT ON `my\_shop`.* TO 'orders'@'%';

== group
-- The next statement takes the ID as it is.
SET aad_auth_validate_oids_in_tenant = OFF;
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The members of the group log in with its name as their
-- user.
CREATE AADUSER 'orders' IDENTIFIED BY '99999999-2222-4333-8444-555555555555';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT ON `my\_shop`.* TO 'orders'@'%';

== user
-- As a Microsoft Entra administrator of the server. The server has a
-- user-assigned identity of its own, with which it looks up names: that needs
-- User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft
-- Graph, which a Privileged Role Administrator consents to, or the role
-- Directory Readers. The name must be the person's user principal name, or the
-- group's name; with --object-id it may be any.
CREATE AADUSER 'orders';
-- In the whole database, also on tables and views that anyone makes later.
GRANT SELECT ON `my\_shop`.* TO 'orders'@'%';

== revoke
REVOKE ALL PRIVILEGES ON `my\_shop`.* FROM 'orders'@'%';
-- This takes away what the user has in other databases, too: see SHOW GRANTS.
DROP USER 'orders'@'%';

