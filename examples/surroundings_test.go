package examples_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// examples are the directories of the examples. The quick starts, which bring the lab along, are in quickStarts.
func examples(t *testing.T) (names []string) {
	t.Helper()
	found, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	for _, file := range found {
		if name := filepath.Dir(file); name != "quickstart" {
			names = append(names, name)
		}
	}
	return names
}

// build builds examples and returns each one's program. It is go run that builds them, for it keeps what it has linked in
// the build cache, and go build does not.
func build(t *testing.T, names ...string) map[string]string {
	t.Helper()
	dir, programs := t.TempDir(), map[string]string{}
	var building errgroup.Group
	building.SetLimit(runtime.NumCPU())
	for i, name := range names {
		file := filepath.Join(dir, fmt.Sprint(i), filepath.Base(name))
		require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
		programs[name] = file
		building.Go(func() error {
			out, err := exec.CommandContext(t.Context(), "go", "run", "-ldflags=-s -w", "-exec", "cp", "./"+name, file).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
	require.NoError(t, building.Wait())
	return programs
}

// labProgram is passwordless-lab, as the directory that build wants.
const labProgram = "../lab/cmd/passwordless-lab"

// surroundings are what a program finds in Azure, from passwordless-lab: an identity, the databases, and variables that
// name both.
type surroundings struct {
	programs map[string]string // by example
	environ  []string
	short    []string          // in place of some of them, for a PostgreSQL whose tokens soon expire
	engines  map[string]string // what answers for PostgreSQL, MySQL and SQL Server
}

var (
	labReady   = regexp.MustCompile(`^passwordless-lab: running until Ctrl-C`)
	labStarted = regexp.MustCompile(`(?m)^passwordless-lab: (.+) is ready: (.+), 127\.0\.0\.1:`)
)

// start runs passwordless-lab until the test ends. It starts the servers that are installed, or the embedded ones.
func start(t *testing.T, programs map[string]string, embedded bool) *surroundings {
	t.Helper()
	s := &surroundings{programs: programs, engines: map[string]string{}}
	var log string
	s.environ, log = runLab(t, programs[labProgram], embedded, "--token-lifetime", "1h")
	for _, engine := range labStarted.FindAllStringSubmatch(log, -1) {
		s.engines[engine[1]] = engine[2]
	}
	for _, variable := range s.environ {
		if rest, ok := strings.CutPrefix(variable, "AZURE_POSTGRESQL_"); ok {
			s.environ = append(s.environ, "AZURE_POSTGRESQL_REPLICA_"+rest)
		}
	}
	if !embedded {
		s.short, _ = runLab(t, programs[labProgram], embedded, "--token-lifetime", "2s", "--db", "postgres")
	}
	return s
}

// runLab runs passwordless-lab until the test ends, and returns its variables and its log.
func runLab(t *testing.T, program string, embedded bool, args ...string) (environ []string, log string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lab.env")
	c := untilTheEnd(t, 5*time.Minute, program, append(args, "--env-file", file)...)
	if c.Env = os.Environ(); embedded {
		c.Env = append(c.Env, "PASSWORDLESS_LAB_POSTGRES=off", "PASSWORDLESS_LAB_MARIADB=off")
	}
	_, log = startBackground(t, c, labReady)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			environ = append(environ, line)
		}
	}
	return environ, log
}

// startBackground starts a program that runs until it is told to stop, which it is when the test ends, and then must end
// well. It returns what ready finds in the log, with its groups, and the log until then.
func startBackground(t *testing.T, c *exec.Cmd, ready *regexp.Regexp) (found []string, log string) {
	t.Helper()
	stderr, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		log += lines.Text() + "\n"
		if found = ready.FindStringSubmatch(lines.Text()); found != nil {
			t.Cleanup(func() {
				assert.NoError(t, c.Process.Signal(syscall.SIGTERM))
				_, err := io.Copy(io.Discard, stderr)
				assert.NoError(t, err)
				assert.NoError(t, c.Wait())
			})
			return found, log
		}
	}
	require.NoError(t, c.Wait(), log)
	require.Fail(t, "it ended too early", log)
	return nil, ""
}

// need skips a test for which the lab would have had to start another engine; where CI is set it fails.
func need(t *testing.T, want, started string) {
	t.Helper()
	switch {
	case strings.HasPrefix(started, want+" "):
	case os.Getenv("CI") != "":
		t.Fatalf("this test needs %s, and there is %s", want, started)
	default:
		t.Skipf("this test needs %s, and there is %s", want, started)
	}
}

// untilTheEnd is a program that ends with the test at the latest.
func untilTheEnd(t *testing.T, limit time.Duration, program string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, program, args...)
}

// command is an example with the environment of a host in Azure, and nothing of this one's but what it needs to run.
func (s *surroundings) command(t *testing.T, example string, args ...string) *exec.Cmd {
	t.Helper()
	c := untilTheEnd(t, 2*time.Minute, s.programs[example], args...)
	c.Env = append(slices.Clone(s.environ), "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir())
	return c
}
