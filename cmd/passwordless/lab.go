package main

import (
	"errors"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/cmd/internal/tools"
)

// labProgram has the databases' engines, which would make this one large.
const labProgram = "passwordless-lab"

func newLab(environ []string) *cobra.Command {
	return &cobra.Command{
		Use:   "lab [ARGUMENT...]",
		Short: "Run databases that take tokens here, by passwordless-lab",
		Long: `lab runs the program passwordless-lab of PATH with its arguments, and exits with
its status. That brings identities and databases that take tokens to a laptop.`,
		Example: `  passwordless lab
  passwordless lab --db mysql -- python3 app.py
  passwordless lab --help`,
		DisableFlagParsing: true, // they are passwordless-lab's
		RunE: func(c *cobra.Command, args []string) error {
			path, err := exec.LookPath(labProgram)
			if err != nil && slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "--help" }) {
				return c.Help()
			}
			if err != nil {
				return &cli.Status{Code: cli.Failed, Err: errors.New("lab: passwordless-lab is not found on PATH: go install github.com/azuredb/passwordless/lab/cmd/passwordless-lab@latest, or in a checkout go install ./lab/cmd/passwordless-lab")}
			}
			return start(c, tools.Command{Path: path, Args: args}, environ)
		},
	}
}
