// Command passwordless helps to set up the connections of package
// [github.com/azuredb/passwordless]. passwordless --help lists its subcommands,
// each of which has a file of its own here.
//
// It exits with 0; with 1 if the connection has an error or what was asked for did
// not succeed; and with 2 if its arguments are wrong.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/cmd/internal/doctor"
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// newRoot returns the whole command.
func newRoot(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "passwordless",
		Short: "Set up connections to Azure databases with Microsoft Entra tokens",
		Example: `  passwordless inspect
  passwordless doctor postgresql
  passwordless exec mysql -- mysql
  passwordless grant postgresql --principal orders --role writer --database shop`,
		Long: `passwordless helps to set up connections to Azure databases with Microsoft Entra
tokens.

ENGINE is postgresql (or postgres, pg), mysql, or sqlserver (or mssql). DSN is a
connection string, connection:NAME or env:VARIABLE, as for sql.Open; without it,
the default connection of the environment. A connection string with a password
is better kept in a variable than on the command line, which other users of the
machine can read: use env:VARIABLE.`,
		SuggestionsMinimumDistance: 2,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 { // not named: it may be a connection string
				text := "unknown command"
				if near := c.SuggestionsFor(args[0]); len(near) > 0 {
					text += ": did you mean " + strings.Join(near, " or ") + "?"
				}
				return cli.Usage(text)
			}
			return cli.Usage("no command is given")
		},
		Run:           func(*cobra.Command, []string) {}, // so that Args is asked
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(cli.FlagError)
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := c.Long
		if text == "" {
			text = c.Short
		}
		_, _ = fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", text, c.UsageString()) // cli.Writer has the error
	})
	root.AddCommand(doctor.New(environ), newExec(environ), newGrant(environ), newInspect(environ), newLab(environ), newMan(), newToken(environ), newVersion())
	return root
}

// run is the whole command, of args without its name. It returns the exit code.
func run(args, environ []string, stdout, stderr io.Writer) int {
	out := &cli.Writer{Writer: stdout}
	root := newRoot(environ)
	root.SetArgs(twoDashes(args))
	root.SetOut(out)
	root.SetErr(stderr)
	c, err := root.ExecuteC()
	code := cli.OK
	if err != nil {
		code = explain(stderr, c, err)
	}
	if out.Err != nil {
		cli.PrintError(stderr, out.Err)
		code = cli.Failed
	}
	return code
}

// explain prints an error, and returns its exit code.
func explain(stderr io.Writer, c *cobra.Command, err error) int {
	status, ok := errors.AsType[*cli.Status](err)
	if !ok { // cobra's own, which may quote arguments
		status = &cli.Status{Code: cli.Misuse, Err: errors.New("wrong arguments")}
	}
	if status.Err != nil {
		cli.PrintError(stderr, status.Err)
	}
	if status.Code == cli.Misuse && status.Err != nil {
		_, _ = fmt.Fprint(stderr, c.UsageString())
	}
	return status.Code
}

// twoDashes takes -json and -help for what they were before the command had subcommands.
func twoDashes(args []string) []string {
	list := make([]string, 0, len(args)) // nil would stand for os.Args
	for i, a := range args {
		if a == "--" {
			return append(list, args[i:]...)
		}
		if name, _, _ := strings.Cut(a, "="); name == "-json" || name == "-help" {
			a = "-" + a
		}
		list = append(list, a)
	}
	return list
}
