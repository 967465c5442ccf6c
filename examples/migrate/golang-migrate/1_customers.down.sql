drop table migrate_customers;
