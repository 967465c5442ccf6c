package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// releaseConfig is the part of goreleaser's configuration that is used. Other keys are an error.
type releaseConfig struct {
	Version     int
	ProjectName string `yaml:"project_name"`
	Before      struct{ Hooks []string }
	Builds      []struct {
		ID, Dir, Main, Binary             string
		Env, Flags, Ldflags, Goos, Goarch []string
		ModTimestamp                      string `yaml:"mod_timestamp"`
	}
	Archives []struct {
		Formats, Files  []string
		FormatOverrides []struct {
			Goos    string
			Formats []string
		} `yaml:"format_overrides"`
	}
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
	}
	Sboms     []struct{ Artifacts string }
	Changelog struct{ Disable bool }
}

const root = "../../.."

func readConfig(t *testing.T) (c releaseConfig) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(readFile(t, filepath.Join(root, ".goreleaser.yaml"))))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&c))
	return c
}

func TestReleaseConfiguration(t *testing.T) {
	c := readConfig(t)
	assert.Equal(t, 2, c.Version)
	if assert.Len(t, c.Sboms, 1) {
		assert.Equal(t, "archive", c.Sboms[0].Artifacts)
	}
	for _, archive := range c.Archives {
		for _, file := range archive.Files {
			if dir, ok := strings.CutSuffix(file, "/*"); ok { // a hook makes it
				assert.True(t, slices.ContainsFunc(c.Before.Hooks, func(h string) bool { return strings.HasSuffix(h, " man ../"+dir) }), file)
				continue
			}
			assert.FileExists(t, filepath.Join(root, file))
		}
	}
	for _, b := range c.Builds {
		assert.Contains(t, b.Flags, "-trimpath", "without it a build is not reproducible elsewhere")
		assert.NotEmpty(t, b.ModTimestamp)
		for _, system := range b.Goos {
			for _, arch := range b.Goarch {
				cmd := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Name}}", b.Main)
				cmd.Dir = filepath.Join(root, b.Dir)
				cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
				out, err := cmd.Output()
				require.NoError(t, err)
				assert.Equal(t, "main\n", string(out))
			}
		}
	}
}

// The binary of a release has no path of the machine that built it.
func TestReleaseBinary(t *testing.T) {
	b := readConfig(t).Builds[0]
	file := filepath.Join(t.TempDir(), b.Binary)
	args := append([]string{"build", "-buildvcs=false", "-o", file, "-ldflags", strings.Join(b.Ldflags, " ")}, b.Flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, b.Main)...)
	cmd.Dir = filepath.Join(root, b.Dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	assert.False(t, strings.Contains(readFile(t, file), here))
}
