create table if not exists books (
	id bigint generated always as identity primary key,
	title text not null,
	pages int not null
);
