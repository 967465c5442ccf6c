package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version and the revision that the command was built from",
		Example: "  passwordless version",
		Args:    noArguments,
		Run: func(c *cobra.Command, _ []string) {
			info, _ := debug.ReadBuildInfo()
			_, _ = fmt.Fprint(c.OutOrStdout(), versionText(info))
		},
	}
}

// versionText is a line with the version and the Go release, and one with the revision if that is known.
func versionText(info *debug.BuildInfo) string {
	if info == nil {
		return "passwordless: built without module support\n"
	}
	text := fmt.Sprintf("passwordless %s %s %s/%s\n", info.Main.Version, info.GoVersion, runtime.GOOS, runtime.GOARCH)
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		text += "revision " + revision + " of " + settings["vcs.time"]
		if settings["vcs.modified"] == "true" {
			text += ", with local changes"
		}
		text += "\n"
	}
	return text
}
