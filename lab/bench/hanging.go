package main

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
	"github.com/azuredb/passwordless/postgres"
)

const (
	// almost is a token's life of which azidentity uses little: not the last five minutes.
	almost = 5*time.Minute + 3*time.Second

	openLimit = 5 * time.Second // of each open
)

// hanging is what opens wait while the identity endpoint takes requests and answers none. Each contender holds a valid
// token, whose renewal becomes due after three seconds. The value is the median, in milliseconds.
func hanging(ctx context.Context, s *stage) ([]figures.Row, error) {
	server, err := postgresfront.Start(s.Cloud, nil)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, server.Close)
	opens := 400
	if s.short {
		opens = 80
	}
	var rows []figures.Row
	for _, p := range []peer{{figures.Ours, oursSoonDue}, {"azidentity in pgx's BeforeConnect", beforeConnect}} {
		id := s.app()
		renewable := s.Inject(azuretest.Fault{Identity: id.ClientID, Lifetime: almost})
		c, err := p.connector(ctx, s, server.Addr(), id)
		if err != nil {
			return nil, err
		}
		if err := openOne(ctx, c, time.Minute); err != nil { // gets the token
			return nil, err
		}
		renewable()
		answer := s.Inject(azuretest.Fault{Identity: id.ClientID, Delay: time.Hour})
		time.Sleep(4 * time.Second)
		rows = append(rows, waits(ctx, p.who, c, opens))
		answer()
	}
	return rows, nil
}

// waits opens connections, one every 25 ms.
func waits(ctx context.Context, who string, c driver.Connector, opens int) figures.Row {
	times := make([]float64, opens)
	var failed atomic.Int64
	var all sync.WaitGroup
	for i := range opens {
		all.Go(func() {
			began := time.Now()
			if openOne(ctx, c, openLimit) != nil {
				failed.Add(1)
			}
			times[i] = time.Since(began).Seconds() * 1e3
		})
		time.Sleep(25 * time.Millisecond)
	}
	all.Wait()
	return figures.Row{Case: "PostgreSQL", Who: who, Value: figures.Median(times), More: map[string]float64{
		"p99": figures.Quantile(times, 0.99), "max": figures.Quantile(times, 1), "failed %": 100 * float64(failed.Load()) / float64(opens)}}
}

func openOne(ctx context.Context, c driver.Connector, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// oursSoonDue has tokens that the library renews after three seconds.
func oursSoonDue(_ context.Context, s *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	credential, err := managed(id)
	if err != nil {
		return nil, err
	}
	o := s.library()
	o.Credential = soonDue{credential}
	return postgres.NewConnector(pgxURL(addr, id), o)
}

type soonDue struct{ azcore.TokenCredential }

func (c soonDue) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	tok, err := c.TokenCredential.GetToken(ctx, o)
	tok.RefreshOn = time.Now().Add(3 * time.Second)
	return tok, err
}
