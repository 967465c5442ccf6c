package postgres

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"

	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// The names that pg_hba.conf builds: PostgreSQL puts the user between prefix and suffix, unescaped.
const (
	ldapPrefix = "cn="
	ldapSuffix = ",dc=entra"
)

// startLDAP serves PostgreSQL's simple binds on a port of 127.0.0.1. It is a loopback server with one purpose, so it has
// no TLS.
func (c *cluster) startLDAP(ctx context.Context) (port int, err error) {
	mux, err := gldap.NewMux()
	if err != nil {
		return 0, err
	}
	if err := mux.Bind(c.bind); err != nil {
		return 0, err
	}
	err = daemon.OnFreePort(func(free int) error {
		server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()))
		if err != nil {
			return err
		}
		port, c.Finish = free, server.Stop
		if err := server.Router(mux); err != nil {
			return err
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
		ended := make(chan error, 1)
		go func() { ended <- server.Run(address) }()
		// gldap opens its listener in Run and does not hand it out.
		return daemon.Poll(ctx, func(ctx context.Context) (bool, error) {
			select {
			case err := <-ended:
				return false, fmt.Errorf("listen on %s: %w", address, err)
			default:
			}
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if err != nil {
				return false, nil
			}
			return true, conn.Close()
		})
	})
	return port, err
}

// bind decides on a login.
func (c *cluster) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	response := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	defer func() { _ = w.Write(response) }() // a client that has gone needs no answer
	m, err := r.GetSimpleBindMessage()
	if err != nil {
		return
	}
	role := strings.TrimSuffix(strings.TrimPrefix(m.UserName, ldapPrefix), ldapSuffix)
	if c.CheckToken(role, string(m.Password)) == nil {
		response.SetResultCode(gldap.ResultSuccess)
	}
}
