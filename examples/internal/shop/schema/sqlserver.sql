if object_id('products') is null create table products (
	id int primary key, name nvarchar(60) not null, cents int not null, stock int not null);
if object_id('orders') is null create table orders (
	id bigint identity primary key, product int not null, customer nvarchar(60) not null, placed bigint not null);
