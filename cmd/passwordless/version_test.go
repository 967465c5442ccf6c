package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

func TestVersion(t *testing.T) {
	out := call(nil, "version")
	assert.Equal(t, cli.OK, out.code)
	assert.Regexp(t, `^passwordless \S+ go1\S* \w+/\w+\n`, out.stdout)
	assert.Equal(t, cli.Misuse, call(nil, "version", "c4nary").code)

	info := &debug.BuildInfo{GoVersion: "go1.26.0"}
	info.Main.Version = "v1.2.3"
	info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"}}
	assert.Regexp(t, `^passwordless v1.2.3 go1.26.0 \S+\nrevision abc of 2026-01-02T03:04:05Z, with local changes\n$`, versionText(info))
	assert.Contains(t, versionText(nil), "without module support")
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		assert.Contains(t, call(nil, "completion", shell).stdout, "passwordless", shell)
	}
	assert.Equal(t, "postgresql\n", call(nil, "__complete", "inspect", "post").stdout[:11])
}
