// Package cli has what the subcommands of passwordless share.
package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/azuredb/passwordless/dsn"
)

// The exit codes.
const (
	OK     = iota
	Failed // the connection has an error, or what was asked for did not succeed
	Misuse // the arguments are wrong
)

// Status is an error that decides the exit code. Without Err, everything that is to be said was printed.
type Status struct {
	Code int
	Err  error
}

func (s *Status) Error() string {
	if s.Err == nil {
		return fmt.Sprintf("exit status %d", s.Code)
	}
	return s.Err.Error()
}

func (s *Status) Unwrap() error { return s.Err }

// PrintError prints an error for people.
func PrintError(stderr io.Writer, err error) {
	_, _ = fmt.Fprintln(stderr, "passwordless:", strings.TrimPrefix(err.Error(), "passwordless: ")) // there is nowhere else to say so
}

// Usage returns the error for wrong arguments. Its text must not quote them: any may be a connection string.
func Usage(text string) error { return &Status{Misuse, errors.New(text)} }

// FlagError replaces pflag's error, which quotes what was given.
func FlagError(c *cobra.Command, _ error) error {
	var names []string
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			names = append(names, "--"+f.Name)
		}
	})
	return Usage(c.Name() + ": unknown flag, or a flag without its value: want " + strings.Join(append(names, "--help"), " or "))
}

// EngineAndDSN reads the arguments of a command that takes an engine, and a
// connection string if there is one.
func EngineAndDSN(command string, args []string) (dsn.Engine, string, error) {
	engine, err := dsn.ParseEngine(args[0])
	if err != nil {
		return 0, "", Usage(command + ": unknown engine: want postgresql, mysql or sqlserver")
	}
	return engine, strings.Join(args[1:], ""), nil
}

// Engines are all of them, in the order of the manual.
var Engines = [...]dsn.Engine{dsn.PostgreSQL, dsn.MySQL, dsn.SQLServer}

// CompleteEngine completes the first argument.
func CompleteEngine(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []cobra.Completion{"postgresql", "mysql", "sqlserver"}, cobra.ShellCompDirectiveNoFileComp
}

// Writer remembers the first failure to write, which cobra does not report.
type Writer struct {
	io.Writer
	Err error
}

func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.Err == nil {
		w.Err = err
	}
	return n, err
}

// Unwrap returns what a [Writer] writes to, for a program that is to have the terminal or file itself.
func Unwrap(w io.Writer) io.Writer {
	if wrapped, ok := w.(*Writer); ok {
		return wrapped.Writer
	}
	return w
}
