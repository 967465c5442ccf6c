package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/internal/credential"
)

func newToken(environ []string) *cobra.Command {
	var raw bool
	c := &cobra.Command{
		Use:   "token ENGINE [DSN]",
		Short: "Get the token of a connection, and print what it claims",
		Long: `token gets the token that a connection logs in with, and prints its claims: what
it is for, until when, and whose it is. It does not contact the database, and
does not check the token, which is the server's business.

With --raw it prints the token and nothing else, as programs want it that run a
command for the password, such as pgAdmin. Who has the token can log in until it
expires.`,
		Example: `  passwordless token postgresql
  passwordless token mysql env:DATABASE_URL
  passwordless token postgresql --raw`,
		Args:              engineThenDSN,
		ValidArgsFunction: cli.CompleteEngine,
		RunE: func(c *cobra.Command, args []string) error {
			engine, s, err := cli.EngineAndDSN("token", args)
			if err != nil {
				return err
			}
			t, err := logIn(c.Context(), engine, s, environ, c.ErrOrStderr())
			if err != nil {
				return err
			}
			if !t.login.IsToken {
				return &cli.Status{Code: cli.Failed, Err: errors.New("the connection has a password, and so no token")}
			}
			if !raw {
				return printClaims(c, t, environ)
			}
			if cli.IsTerminal(c.OutOrStdout()) {
				_, _ = fmt.Fprintln(c.ErrOrStderr(), "passwordless: warning: this is a secret: who sees it can log in until", t.login.ExpiresOn.UTC().Format(time.RFC3339))
			}
			_, _ = fmt.Fprintln(c.OutOrStdout(), t.login.Password.Reveal()) // cli.Writer has the error
			return nil
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the token itself")
	return c
}

// engineThenDSN is for commands that need an engine and take a connection string.
func engineThenDSN(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cli.Usage(c.Name() + ": no engine is given: want postgresql, mysql or sqlserver")
	}
	return atMostTwo(c, args)
}

// printClaims prints who the token is for, and each of its claims.
func printClaims(c *cobra.Command, t target, environ []string) error {
	screen := cli.ScreenOf(c.OutOrStdout(), environ)
	var b bytes.Buffer
	screen.Line(&b, "identity", t.status.Identity, cli.Plain)
	if t.login.User != "" {
		screen.Line(&b, "database user", t.login.User, cli.Plain)
	}
	screen.Line(&b, "expires", fmt.Sprintf("%s, in %s", t.login.ExpiresOn.UTC().Format(time.RFC3339), time.Until(t.login.ExpiresOn).Round(time.Second)), cli.Plain)
	screen.Line(&b, "size", fmt.Sprintf("%d bytes", len(t.login.Password.Reveal())), cli.Plain)
	for _, claim := range claimsOf(t.login.Password.Reveal()) {
		screen.Line(&b, claim[0], claim[1], cli.Plain)
	}
	_, _ = c.OutOrStdout().Write(b.Bytes()) // cli.Writer has the error
	return nil
}

// claimsOf returns the claims of a token, sorted by name; none of what is no JWT.
func claimsOf(token string) (list [][2]string) {
	var claims map[string]json.RawMessage
	credential.ReadClaims(token, &claims)
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		value := string(claims[name])
		var text string
		var seconds int64
		switch {
		case json.Unmarshal(claims[name], &text) == nil:
			value = text
		case slices.Contains([]string{"exp", "iat", "nbf"}, name) && json.Unmarshal(claims[name], &seconds) == nil:
			value = time.Unix(seconds, 0).UTC().Format(time.RFC3339)
		}
		list = append(list, [2]string{name, value})
	}
	return list
}
