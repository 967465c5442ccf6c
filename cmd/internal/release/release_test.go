// Package release tests that the modules of this repository can be published: it
// serves the working tree through a module proxy of files, and uses it from there.
package release

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// path is the module path of the root, and the prefix of the others.
const path = "github.com/azuredb/passwordless"

var update = flag.Bool("update", false, "write what go mod tidy changes")

// program is the smallest program that opens a connection.
const program = `package main

import (
	"database/sql"

	_ "github.com/azuredb/passwordless/postgres"
)

func main() {
	if _, err := sql.Open("azure-postgres", ""); err != nil {
		panic(err)
	}
}
`

func TestModules(t *testing.T) {
	r := newRelease(t)
	for _, m := range r.modules {
		t.Run("tidy/"+m.name(), func(t *testing.T) { r.tidy(t, m) })
	}
	r.offline = true // tidy has downloaded, and verified, all that the modules need
	t.Run("imports", func(t *testing.T) {
		args := []string{"list", "-mod=mod", "-deps"}
		for _, m := range r.modules {
			args = append(args, m.Module.Path+"/...")
		}
		r.run(t, r.consumer(t, r.modules...), args...)
	})
	for _, m := range r.modules {
		t.Run("get/"+m.name(), func(t *testing.T) {
			dir := r.consumer(t)
			r.run(t, dir, "get", m.Module.Path+"@"+r.version)
			assert.Contains(t, readFile(t, filepath.Join(dir, "go.mod")), m.Module.Path+" "+r.version)
		})
	}
	t.Run("program", func(t *testing.T) {
		dir := r.consumer(t)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600))
		r.run(t, dir, "get", path+"/postgres@"+r.version)
		r.run(t, dir, "build", "-o", os.DevNull, ".")
	})
	t.Run("command", func(t *testing.T) {
		r.run(t, t.TempDir(), "install", path+"/cmd/passwordless@"+r.version)
		file := filepath.Join(r.bin, "passwordless")
		if runtime.GOOS == "windows" {
			file += ".exe"
		}
		info, err := buildinfo.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, r.version, info.Main.Version)
		out, err := exec.CommandContext(t.Context(), file, "inspect", "--help").CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), "passwordless inspect [ENGINE [DSN]]")
	})
}

// module is a module of this repository, as go mod edit -json describes it.
type module struct {
	dir     string
	Module  struct{ Path string }
	Go      string
	Require []struct{ Path, Version string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func (m module) name() string { return filepath.Base(m.Module.Path) }

// release is the modules of the working tree, served as the version that their
// go.mod files require of each other.
type release struct {
	modules    []module
	version    string
	proxy, bin string
	modCache   string
	upstream   string // the developer's GOPROXY
	checksums  string // and GOSUMDB
	offline    bool   // all that is not of this repository comes from the module cache
}

func newRelease(t *testing.T) *release {
	r := &release{proxy: t.TempDir(), bin: t.TempDir()}
	var work struct{ Use []struct{ DiskPath string } }
	decode(t, &work, "work", "edit", "-json", "../../../go.work")
	for _, use := range work.Use {
		m := module{dir: filepath.Join("../../..", use.DiskPath)}
		decode(t, &m, "mod", "edit", "-json", filepath.Join(m.dir, "go.mod"))
		assert.Empty(t, m.Replace, "%s: those who require a module do not see its replacements", m.Module.Path)
		for _, required := range m.Require {
			if required.Path != path && !strings.HasPrefix(required.Path, path+"/") {
				continue
			}
			if r.version == "" {
				r.version = required.Version
			}
			assert.Equal(t, r.version, required.Version, "%s requires %s", m.Module.Path, required.Path)
		}
		r.modules = append(r.modules, m)
	}
	for _, m := range r.modules {
		dir := filepath.Join(r.proxy, filepath.FromSlash(m.Module.Path), "@v")
		require.NoError(t, os.MkdirAll(dir, 0o700))
		for name, content := range map[string][]byte{
			"list":              []byte(r.version + "\n"),
			r.version + ".info": []byte(`{"Version":"` + r.version + `"}`),
			r.version + ".mod":  []byte(readFile(t, filepath.Join(m.dir, "go.mod"))),
			r.version + ".zip":  archive(t, m, r.version),
		} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		}
	}
	var env struct{ GOPROXY, GOSUMDB, GOMODCACHE string }
	decode(t, &env, "env", "-json", "GOPROXY", "GOSUMDB", "GOMODCACHE")
	r.upstream, r.checksums = env.GOPROXY, env.GOSUMDB
	r.modCache = moduleCache(t, env.GOMODCACHE, r.modules)
	return r
}

// archive returns the module as a zip file in the form that proxies serve.
func archive(t *testing.T, m module, version string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	require.NoError(t, filepath.WalkDir(m.dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != m.dir && (d.Name() == ".git" || exists(filepath.Join(file, "go.mod"))):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		name, err := filepath.Rel(m.dir, file)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		w, err := z.Create(m.Module.Path + "@" + version + "/" + filepath.ToSlash(name))
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}))
	require.NoError(t, z.Close())
	return out.Bytes()
}

// moduleCache returns a module cache of the test's own, in which all that the
// developer's holds is a symbolic link. So other modules are downloaded once, and
// this working tree is never taken for a published version.
func moduleCache(t *testing.T, developers string, modules []module) string {
	t.Helper()
	upper := regexp.MustCompile(`[A-Z]`)
	for _, m := range modules { // what is still to download goes where the links lead
		for _, found := range regexp.MustCompile(`(?m)^github\.com/[^/ ]+|^[^/ ]+`).FindAllString(readFile(t, filepath.Join(m.dir, "go.sum")), -1) {
			dir := upper.ReplaceAllStringFunc(found, func(s string) string { return "!" + strings.ToLower(s) })
			require.NoError(t, os.MkdirAll(filepath.Join(developers, dir), 0o755))
			require.NoError(t, os.MkdirAll(filepath.Join(developers, "cache", "download", dir), 0o755))
		}
	}
	own := t.TempDir()
	ours := filepath.FromSlash("github.com/azuredb")
	require.NoError(t, os.MkdirAll(filepath.Join(own, ours), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(own, "cache", "download", ours), 0o700))
	for _, dir := range []string{".", "github.com", "cache", "cache/download", "cache/download/github.com"} {
		entries, err := os.ReadDir(filepath.Join(developers, dir))
		require.NoError(t, err)
		for _, e := range entries {
			if link := filepath.Join(own, dir, e.Name()); !exists(link) {
				require.NoError(t, os.Symlink(filepath.Join(developers, dir, e.Name()), link))
			}
		}
	}
	t.Cleanup(func() { // the go command unpacks modules into directories that are read-only
		_ = filepath.WalkDir(filepath.Join(own, ours), func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(file, 0o700)
			}
			return err
		})
	})
	return own
}

// consumer returns the directory of a new module that requires the given ones.
func (r *release) consumer(t *testing.T, required ...module) string {
	t.Helper()
	text := "module example.com/app\n\ngo " + r.modules[0].Go + "\n"
	for _, m := range required {
		text += "require " + m.Module.Path + " " + r.version + "\n"
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600))
	return dir
}

// run runs the go command outside of the workspace.
func (r *release) run(t *testing.T, dir string, args ...string) {
	t.Helper()
	proxies, checksums := "file:///"+strings.TrimPrefix(filepath.ToSlash(r.proxy), "/"), "off"
	if !r.offline {
		proxies, checksums = proxies+","+r.upstream, r.checksums
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY="+proxies, "GONOPROXY=none",
		"GOSUMDB="+checksums, "GONOSUMDB="+path+","+path+"/*", "GOMODCACHE="+r.modCache, "GOBIN="+r.bin, "GOFLAGS=-trimpath") // so that the build cache serves another module cache
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
}

// tidy compares go.mod and go.sum with what go mod tidy makes of them, but for the
// checksums of this repository's own modules, which change with every commit.
func (r *release) tidy(t *testing.T, m module) {
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(readFile(t, filepath.Join(m.dir, name))), 0o600))
	}
	r.run(t, m.dir, "mod", "tidy", "-modfile="+filepath.Join(dir, "go.mod"))
	for _, name := range []string{"go.mod", "go.sum"} {
		want := readFile(t, filepath.Join(dir, name))
		if name == "go.sum" {
			want = regexp.MustCompile(`(?m)^`+path+`[/ ].*\n`).ReplaceAllString(want, "")
		}
		file := filepath.Join(m.dir, name)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		}
		assert.True(t, want == readFile(t, file), "%s of %s is not tidy: run make tidy", name, m.Module.Path)
	}
}

// decode decodes what the go command prints.
func decode(t *testing.T, to any, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, to))
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
