create table migrate_customers (id int primary key, name varchar(60) not null);
