package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

const help = `doctor walks the path of a connection step by step, and stops where it breaks:
the connection and its variables, the identity, whether the server may have its
token, the identity endpoint, the clock, the token (what it claims, never the
token), DNS, TCP, TLS, the login, who the server says we are, what that user may
do, how many connections are free, and advice for the pool.

A failure comes with its cause, the command or SQL that mends it, with the
values known by then, and the page's section. Nothing is changed. Without ENGINE
it looks at every engine that the environment has a connection for.

The exit status is 0 only if all is well: 1 with a warning or a failure.`

// New returns the command.
func New(variables []string) *cobra.Command {
	o := Options{Environ: variables}
	var asJSON bool
	var pause time.Duration
	c := &cobra.Command{
		Use:   "doctor [ENGINE] [DSN]",
		Short: "Find out where a connection breaks, and how to mend it",
		Long:  help,
		Example: `  passwordless doctor
  passwordless doctor postgresql
  passwordless doctor mysql connection:orders --no-login
  passwordless doctor sqlserver env:DATABASE_URL --json
  passwordless doctor postgresql --watch=10s`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return cli.Usage("doctor: too many arguments: quote a connection string with blanks")
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteEngine,
		RunE: func(c *cobra.Command, args []string) error {
			engines, s, err := arguments(args, variables)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			if pause > 0 {
				return watch(ctx, c.OutOrStdout(), pause, func(ctx context.Context) ([]Report, bool) { return walkAll(ctx, engines, s, o) })
			}
			return once(ctx, c, engines, s, o, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().DurationVar(&o.Timeout, "timeout", 15*time.Second, "how long a step may take")
	c.Flags().BoolVar(&o.NoLogin, "no-login", false, "stop before the login")
	c.Flags().DurationVar(&pause, "watch", 0, "walk again and again: a line each time")
	c.Flags().Lookup("watch").NoOptDefVal = "5s"
	c.MarkFlagsMutuallyExclusive("json", "watch")
	return c
}

// arguments returns the engines to look at, and the connection.
func arguments(args, variables []string) ([]dsn.Engine, string, error) {
	if len(args) == 0 {
		return configured(variables), "", nil
	}
	engine, s, err := cli.EngineAndDSN("doctor", args)
	return []dsn.Engine{engine}, s, err
}

// configured are the engines that the environment has a connection for: all if there is none.
func configured(variables []string) (engines []dsn.Engine) {
	for _, engine := range cli.Engines {
		_, err := environ.Find(engine, "", environ.NewVars(variables))
		var nothing interface{ NoSettings() }
		if !errors.As(err, &nothing) {
			engines = append(engines, engine)
		}
	}
	if len(engines) == 0 {
		return slices.Clone(cli.Engines[:])
	}
	return engines
}

// walkAll walks the paths of all engines at once.
func walkAll(ctx context.Context, engines []dsn.Engine, s string, o Options) (reports []Report, ok bool) {
	reports = make([]Report, len(engines))
	var all sync.WaitGroup
	for i, engine := range engines {
		all.Go(func() { reports[i] = Walk(ctx, engine, s, o) })
	}
	all.Wait()
	return reports, !slices.ContainsFunc(reports, func(r Report) bool { return r.Bad() != nil })
}

func once(ctx context.Context, c *cobra.Command, engines []dsn.Engine, s string, o Options, asJSON bool) error {
	reports, ok := walkAll(ctx, engines, s, o)
	if asJSON {
		printJSON(c.OutOrStdout(), ok, reports)
	} else {
		screen := cli.ScreenOf(c.OutOrStdout(), o.Environ)
		for _, r := range reports {
			_, _ = c.OutOrStdout().Write(r.text(screen)) // cli.Writer has the error
		}
	}
	return verdict(ok)
}

// verdict is the exit status; what is to be said was printed.
func verdict(ok bool) error {
	if ok {
		return nil
	}
	return &cli.Status{Code: cli.Failed}
}

// watch walks until ctx ends, and prints a line for each connection each time. All must have been well all the time.
func watch(ctx context.Context, out io.Writer, pause time.Duration, walk func(context.Context) ([]Report, bool)) error {
	always := true
	for {
		reports, ok := walk(ctx)
		if ctx.Err() != nil {
			return verdict(always) // the walk was cut off
		}
		always = always && ok
		for _, r := range reports {
			_, text := r.summary(true)
			_, _ = fmt.Fprintln(out, time.Now().Format(time.RFC3339), r.Engine, text) // cli.Writer has the error
		}
		select {
		case <-ctx.Done():
			return verdict(always)
		case <-time.After(pause):
		}
	}
}
