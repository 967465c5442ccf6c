-- +goose Up
create table goose_customers (id int primary key, name varchar(60) not null);

-- +goose Down
drop table goose_customers;
