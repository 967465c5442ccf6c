alter table migrate_customers add column email varchar(100);
