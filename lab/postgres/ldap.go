//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"errors"
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

// ldapServer answers PostgreSQL's simple binds. It is a loopback server with one purpose, so it has no TLS.
type ldapServer struct {
	server *gldap.Server
	port   int
	ended  chan error // receives Run's result, once
}

// startLDAP serves on a free port of 127.0.0.1. check decides on a login.
func startLDAP(ctx context.Context, check func(role, password string) error) (*ldapServer, error) {
	var errs []error
	for range daemon.PortAttempts {
		s, err := tryLDAP(ctx, check)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("lab: start the LDAP server: %w", errors.Join(errs...))
}

func tryLDAP(ctx context.Context, check func(role, password string) error) (*ldapServer, error) {
	server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()))
	if err != nil {
		return nil, err
	}
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, err
	}
	if err := mux.Bind(bindHandler(check)); err != nil {
		return nil, err
	}
	if err := server.Router(mux); err != nil {
		return nil, err
	}
	port, err := daemon.FreePort()
	if err != nil {
		return nil, err
	}
	s := &ldapServer{server: server, port: port, ended: make(chan error, 1)}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	go func() { s.ended <- server.Run(address) }()
	if err := s.await(ctx, address); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return s, nil
}

// await returns when the server accepts connections. gldap opens its listener in Run and does not hand it out.
func (s *ldapServer) await(ctx context.Context, address string) error {
	return daemon.Poll(ctx, func(ctx context.Context) (bool, error) {
		select {
		case err := <-s.ended:
			return false, fmt.Errorf("listen on %s: %w", address, err)
		default:
		}
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return false, nil
		}
		return true, conn.Close()
	})
}

func (s *ldapServer) stop() error { return s.server.Stop() }

func bindHandler(check func(role, password string) error) gldap.HandlerFunc {
	return func(w *gldap.ResponseWriter, r *gldap.Request) {
		response := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
		defer func() { _ = w.Write(response) }() // a client that has gone needs no answer
		m, err := r.GetSimpleBindMessage()
		if err != nil {
			return
		}
		role := strings.TrimSuffix(strings.TrimPrefix(m.UserName, ldapPrefix), ldapSuffix)
		if check(role, string(m.Password)) == nil {
			response.SetResultCode(gldap.ResultSuccess)
		}
	}
}
