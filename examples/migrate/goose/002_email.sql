-- +goose Up
alter table goose_customers add column email varchar(100);

-- +goose Down
alter table goose_customers drop column email;
