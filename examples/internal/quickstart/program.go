package quickstart

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/azuredb/passwordless"
)

const connections = 20

// run is the user's program, told step by step. It returns how many connections it
// opened.
func (p Program) run(ctx context.Context, azure *azure, out io.Writer) (opened int, err error) {
	db, err := p.Open()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)

	status := passwordless.Statuses()[0]
	fmt.Fprintf(out, "\nconnection found: %s, %s:%d, database %s\n", status.Source, status.Hosts[0].Name, status.Hosts[0].Port, status.Database)
	fmt.Fprintf(out, "identity chosen:  %s\n             why: %s\n", status.Identity, status.Why)

	if _, err := db.ExecContext(ctx, createTable); err != nil {
		return 0, err
	}
	received := azure.printToken(out, "token received: ")
	var version, user string
	if err := db.QueryRowContext(ctx, p.WhoAmI).Scan(&version, &user); err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "server version:   %s\ncurrent_user:     %s\n", version, user)

	if err := p.writeOrders(ctx, db, 0, connections); err != nil {
		return 0, err
	}
	if err := p.readOrders(ctx, db, 0, connections); err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "rows:             %d written and read back by %d connections at once, after %d token request(s)\n",
		connections, db.Stats().OpenConnections, azure.cloud.TokenRequests())

	db.SetMaxIdleConns(0) // forget the connections, so that new ones have to log in
	if err := waitUntil(ctx, received); err != nil {
		return 0, err
	}
	renewed := "not renewed yet"
	if passwordless.Statuses()[0].Token.ExpiresOn.After(received) {
		renewed = "renewed ahead of need"
	}
	fmt.Fprintf(out, "token expired:    at %s, %s; opening %d new connections\n", received.Local().Format(time.TimeOnly), renewed, connections)
	db.SetMaxIdleConns(connections)
	if err := p.writeOrders(ctx, db, connections, connections); err != nil {
		return 0, err
	}
	if newer := azure.printToken(out, "a newer token:  "); !newer.After(received) {
		return 0, errors.New("the token was not replaced")
	}
	return countOpened(db)
}

// countOpened returns how many connections the pool has opened in its life.
func countOpened(db *sql.DB) (int, error) {
	stats := db.Stats()
	opened := stats.OpenConnections + int(stats.MaxIdleClosed)
	if opened < 2*connections {
		return 0, fmt.Errorf("opened %d connections, not %d: the pool reused some", opened, 2*connections)
	}
	return opened, nil
}

// printToken tells what the identity endpoint last gave a token for, and until
// when the library holds it.
func (a *azure) printToken(out io.Writer, title string) (expires time.Time) {
	expires = passwordless.Statuses()[0].Token.ExpiresOn
	audience := "unknown"
	for _, r := range a.cloud.Requests() {
		if r.Token {
			audience = r.Resource
		}
	}
	fmt.Fprintf(out, "%s  audience %s, expires %s\n", title, audience, expires.Local().Format(time.TimeOnly))
	return expires
}

// waitUntil returns just after the given time, or when ctx ends.
func waitUntil(ctx context.Context, t time.Time) error {
	select {
	case <-time.After(time.Until(t) + 100*time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
