package azuretest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// InstallTool writes a script that stands in for AzureCLI, AzureDeveloperCLI or
// AzurePowerShell, named az, azd or pwsh, to dir, for a PATH that begins with dir. It
// answers "az account get-access-token", "azd auth token" or the encoded command with
// Get-AzAccessToken that azidentity runs, for the user of SignIn, says "Please run 'az
// login'" or the like if there is none, and ends when the cloud closes. It is a POSIX
// shell script that needs no other program than mkfifo, so this returns an error on
// Windows.
func (c *Cloud) InstallTool(tool Endpoint, dir string) error {
	if _, ok := toolTexts[tool]; !ok {
		return fmt.Errorf("azuretest: %q is none of the tools az, azd and pwsh", tool)
	}
	desk, err := c.openDesk()
	if err != nil {
		return fmt.Errorf("azuretest: install %s: %w", tool, err)
	}
	quoted := "'" + strings.ReplaceAll(desk, "'", `'\''`) + "'"
	script := fmt.Sprintf(toolScript, tool, quoted)
	if err := os.WriteFile(filepath.Join(dir, string(tool)), []byte(script), 0o755); err != nil {
		return fmt.Errorf("azuretest: install %s: %w", tool, err)
	}
	return nil
}

// toolScript asks the cloud through named pipes, since a script cannot count on
// any program that speaks HTTP: it writes its arguments to a file, its id to the
// pipe "calls", and reads exit code and text from its reply pipe. That pipe
// is opened for reading and writing so that opening never blocks and the cloud
// finds a reader for as long as the script lives.
const toolScript = `#!/bin/sh
# Stand-in for %[1]s, written by azuretest for one test. It asks the test's own cloud.
PATH="$PATH:/usr/bin:/bin"
desk=%[2]s
call=%[1]s.$$
if [ ! -p "$desk/calls" ]; then
	echo "ERROR: the azuretest cloud behind this stand-in is closed" >&2
	exit 1
fi
mkfifo "$desk/$call.reply" || exit 1
exec 3<>"$desk/$call.reply"
printf '%%s\n' "$@" >"$desk/$call.args" || exit 1
echo "$call" >"$desk/calls" || exit 1
IFS= read -r code <&3 && IFS= read -r text <&3 || exit 1
if [ "$code" = 0 ]; then
	printf '%%b\n' "$text"
elif [ -n "$text" ]; then
	printf '%%b\n' "$text" >&2
fi
exit "$code"
`

// noReply ends a script with code 1 and no text.
const noReply = "1\n\n"

// toolDesk is where the scripts' calls arrive: a directory with a pipe.
// The zero value is a desk that is not open.
type toolDesk struct {
	mu    sync.Mutex // guards what follows
	dir   string
	calls *os.File      // both ends of the pipe, so that reading never ends by itself
	done  chan struct{} // closed when the reading loop has returned
}

// openDesk makes the desk once and returns its directory.
func (c *Cloud) openDesk() (string, error) {
	d := &c.tools
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls != nil {
		return d.dir, nil
	}
	if c.closed.Err() != nil {
		return "", errors.New("the cloud is closed")
	}
	dir, err := os.MkdirTemp("", "azuretest-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "calls")
	err = makePipe(path)
	var calls *os.File
	if err == nil {
		calls, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	d.dir, d.calls, d.done = dir, calls, make(chan struct{})
	go c.receive(dir, calls, d.done)
	return dir, nil
}

// receive starts one goroutine per call until the desk is closed.
func (c *Cloud) receive(dir string, calls io.Reader, done chan struct{}) {
	defer close(done)
	for lines := bufio.NewScanner(calls); lines.Scan() && lines.Text() != ""; {
		id := lines.Text()
		if c.begin() {
			go func() {
				defer c.running.Done()
				c.serveTool(filepath.Join(dir, filepath.Base(id)), id)
			}()
		}
	}
}

// serveTool reads the call whose files start with path and replies to it.
func (c *Cloud) serveTool(path, id string) {
	args, err := os.ReadFile(path + ".args")
	if err != nil {
		return // not a call of ours
	}
	name, _, _ := strings.Cut(id, ".") // and its process id
	reply := noReply
	if result, ok := c.run(toolCall{
		tool: Endpoint(name),
		args: strings.Split(strings.TrimSuffix(string(args), "\n"), "\n"),
	}); ok {
		reply = fmt.Sprintf("%d\n%s\n", result.code, escape(result.text))
	}
	// Killed scripts leave a pipe without a reader; there is no one to tell.
	_ = writePipe(path+".reply", reply)
	_ = os.Remove(path + ".args")
	_ = os.Remove(path + ".reply")
}

// escape writes text as one line that printf's %b turns back.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(text)
}

// close ends the desk and removes its directory, once the calls in work are done.
func (d *toolDesk) close(running *sync.WaitGroup) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		running.Wait()
		return nil
	}
	// An empty line ends the loop: closing a pipe does not wake its reader on every system.
	_, err := d.calls.WriteString("\n")
	if err == nil {
		<-d.done
	}
	running.Wait()
	// Scripts that start now find no desk; those that called too late wait for
	// a reply, as long as a reader of their pipe lives.
	closed := d.dir + ".closed"
	err = errors.Join(err, os.Rename(d.dir, closed))
	late, _ := filepath.Glob(filepath.Join(closed, "*.reply")) // the pattern is sound
	for _, path := range late {
		_ = writePipe(path, noReply) // no reader: the script was killed
	}
	err = errors.Join(err, d.calls.Close(), os.RemoveAll(closed))
	d.calls = nil
	return err
}
