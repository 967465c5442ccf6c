// Package shop has the tables and statements of a small shop, for all three engines, over database/sql. Nothing in it
// knows how the database was opened.
package shop

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"
)

//go:embed schema
var schema embed.FS

// ErrSoldOut is returned by Order if there is none left, or no such product.
var ErrSoldOut = errors.New("sold out")

// Product is what the shop sells.
type Product struct {
	ID, Stock int
	Name      string
	Price     string
}

// Order is one that was placed.
type Order struct {
	ID                int64
	Product, Customer string
	Placed            time.Time // UTC
}

// Shop is safe for concurrent use.
type Shop struct {
	db     *sql.DB
	engine string
}

// Open makes the tables and products that are missing in the database of an engine: postgres, mysql or sqlserver.
func Open(ctx context.Context, db *sql.DB, engine string) (*Shop, error) {
	s := &Shop{db: db, engine: engine}
	script, err := schema.ReadFile("schema/" + engine + ".sql")
	if err != nil {
		return nil, err
	}
	for statement := range strings.SplitSeq(strings.TrimSpace(string(script)), ";\n") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
	}
	var n int
	if err := db.QueryRowContext(ctx, "select count(*) from products").Scan(&n); err != nil || n > 0 {
		return s, err
	}
	_, err = db.ExecContext(ctx, `insert into products (id, name, cents, stock) values
		(1, 'Teapot', 2450, 12), (2, 'Tea, 100 g', 890, 40), (3, 'Cup', 690, 3)`)
	return s, err
}

// statement writes $1, $2, ... the way the engine does. They must be used in that order.
func (s *Shop) statement(text string) string {
	switch s.engine {
	case "mysql":
		return strings.NewReplacer("$1", "?", "$2", "?", "$3", "?").Replace(text)
	case "sqlserver":
		return strings.ReplaceAll(text, "$", "@p")
	}
	return text
}

// Products returns what the shop sells.
func (s *Shop) Products(ctx context.Context) ([]Product, error) {
	return query(ctx, s.db, "select id, name, cents, stock from products order by id", func(scan scan) (p Product, err error) {
		var cents int
		err = scan(&p.ID, &p.Name, &cents, &p.Stock)
		p.Price = fmt.Sprintf("%d.%02d", cents/100, cents%100)
		return p, err
	})
}

// Orders returns all orders, the latest first.
func (s *Shop) Orders(ctx context.Context) ([]Order, error) {
	const latest = "select o.id, p.name, o.customer, o.placed from orders o join products p on p.id = o.product order by o.id desc"
	return query(ctx, s.db, latest, func(scan scan) (o Order, err error) {
		var placed int64
		err = scan(&o.ID, &o.Product, &o.Customer, &placed)
		o.Placed = time.Unix(placed, 0).UTC()
		return o, err
	})
}

// Order takes one product out of the stock for a customer.
func (s *Shop) Order(ctx context.Context, product int, customer string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	result, err := tx.ExecContext(ctx, s.statement("update products set stock = stock - 1 where id = $1 and stock > 0"), product)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrSoldOut, err)
	}
	_, err = tx.ExecContext(ctx, s.statement("insert into orders (product, customer, placed) values ($1, $2, $3)"), product, customer, time.Now().Unix())
	if err != nil {
		return err
	}
	return tx.Commit()
}

type scan = func(...any) error

func query[T any](ctx context.Context, db *sql.DB, text string, read func(scan) (T, error)) (all []T, err error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
