package sqlserver

import (
	"context"
	"errors"
	"net"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
)

// dialer makes a network connection to a host and port.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// newDialer returns the dialer of the options; or else one that resolves names
// and dials as go-mssqldb does, but within the context.
func newDialer(cfg msdsn.Config, h *connector.Handle, o *passwordless.Options) dialer {
	if o != nil && o.Dial != nil {
		return h.DialContext
	}
	d := &net.Dialer{KeepAlive: cfg.KeepAlive}
	if !cfg.MultiSubnetFailover {
		return d.DialContext
	}
	return everyAddress{d.DialContext, net.DefaultResolver.LookupHost}.dial
}

// everyAddress dials all addresses of a name at once and takes the first that
// answers: an availability group's listener has one in each subnet, and only that
// of the primary replica answers.
type everyAddress struct {
	one    dialer
	lookup func(ctx context.Context, host string) ([]string, error)
}

func (e everyAddress) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := e.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 1 {
		return e.one(ctx, network, net.JoinHostPort(addresses[0], port))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		conn net.Conn
		err  error
	}
	outcomes := make(chan outcome)
	for _, a := range addresses {
		go func() {
			conn, err := e.one(ctx, network, net.JoinHostPort(a, port))
			outcomes <- outcome{conn, err}
		}()
	}
	var first net.Conn
	var errs []error
	for range addresses { // the others end at once when the first has been found
		switch o := <-outcomes; {
		case o.err != nil:
			errs = append(errs, o.err)
		case first != nil:
			_ = o.conn.Close() // one too many
		default:
			first = o.conn
			cancel()
		}
	}
	if first != nil {
		return first, nil
	}
	return nil, errors.Join(errs...)
}
