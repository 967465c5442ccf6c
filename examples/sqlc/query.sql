-- name: AddBook :one
insert into books (title, pages) values ($1, $2) returning *;

-- name: LongBooks :many
select title, pages from books where pages >= $1 order by title;

-- name: RemoveAll :execrows
delete from books;
