package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

// newMan writes the manual pages of all commands; releases contain them.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIRECTORY",
		Short:   "Write the manual pages of all commands",
		Example: "  passwordless man /usr/local/share/man/man1",
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage("man: want one directory")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return &cli.Status{Code: cli.Failed, Err: err}
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			asMarkdown(root)
			header := &doc.GenManHeader{Section: "1", Source: "passwordless"} // of the date SOURCE_DATE_EPOCH
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return &cli.Status{Code: cli.Failed, Err: err}
			}
			return nil
		},
	}
}

// asMarkdown indents what the help shows as a table as much as a page wants it, to leave its lines alone.
func asMarkdown(c *cobra.Command) {
	c.Long = strings.ReplaceAll(c.Long, "\n  ", "\n    ")
	for _, sub := range c.Commands() {
		asMarkdown(sub)
	}
}
