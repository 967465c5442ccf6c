create table if not exists products (
	id int primary key, name varchar(60) not null, cents int not null, stock int not null);
create table if not exists orders (
	id bigint auto_increment primary key, product int not null, customer varchar(60) not null, placed bigint not null);
