alter table migrate_customers drop column email;
