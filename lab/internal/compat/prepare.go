package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// root is this repository, where the program was started.
var root = func() string {
	dir, err := filepath.Abs(".")
	if err != nil {
		panic(err)
	}
	return dir
}()

// prepare makes the copy of a suite for a run, which suites may share, and compiles its tests. That needs the network
// for what is not in the module cache yet.
func (s *suite) prepare(ctx context.Context, dir string, r run) error {
	if _, err := os.Stat(dir); err != nil {
		unfinished := dir + ".unfinished"
		if err := errors.Join(os.RemoveAll(unfinished), s.assemble(ctx, unfinished, r)); err != nil {
			return err
		}
		if err := os.Rename(unfinished, dir); err != nil {
			return err
		}
	}
	args := append([]string{"test", "-mod=mod", "-vet=off", "-exec=true"}, strings.Fields(s.packages)...)
	return command(ctx, filepath.Join(dir, s.modules[0].dir), "go", args...)
}

// assemble copies the modules and makes the changes.
func (s *suite) assemble(ctx context.Context, dir string, r run) error {
	for _, m := range s.modules {
		if err := m.copy(ctx, dir); err != nil {
			return err
		}
	}
	edits, added := s.edits, files{}
	maps.Copy(added, s.adds)
	if r == ours {
		edits = slices.Concat(edits, s.ours)
		maps.Copy(added, s.oursAdds)
	}
	for _, e := range edits {
		if err := e.apply(dir); err != nil {
			return err
		}
	}
	for name, text := range added {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return s.require(ctx, dir)
}

// require makes go.mod find the copied modules and this repository, also for the bare run: both have the same
// versions of everything.
func (s *suite) require(ctx context.Context, dir string) error {
	for _, m := range s.modules {
		args := []string{"mod", "edit", "-require=" + library + "@v0.0.1", "-replace=" + library + "=" + root}
		for _, other := range s.modules[1:] {
			relative, err := filepath.Rel(m.dir, other.dir)
			if err != nil {
				return err
			}
			args = append(args, "-replace="+other.path+"=./"+relative)
		}
		if err := command(ctx, filepath.Join(dir, m.dir), "go", args...); err != nil {
			return err
		}
	}
	return nil
}

const library = "github.com/azuredb/passwordless"

// copy puts the module into a directory.
func (m module) copy(ctx context.Context, dir string) error {
	if m.repository != "" {
		clone, _, _ := strings.Cut(m.dir, "/")
		return command(ctx, root, "git", "-c", "advice.detachedHead=false", "clone", "-q", "--depth=1", "--branch="+m.version,
			m.repository, filepath.Join(dir, clone))
	}
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", m.path+"@"+m.version)
	download.Dir = os.TempDir() // no module
	out, err := download.Output()
	var answer struct{ Dir, Error string }
	if decoding := json.Unmarshal(out, &answer); err == nil {
		err = decoding
	}
	if err != nil {
		return fmt.Errorf("go mod download %s: %w: %s", m.path, err, answer.Error)
	}
	return os.CopyFS(filepath.Join(dir, m.dir), os.DirFS(answer.Dir))
}

func (e edit) apply(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, e.files))
	if err != nil {
		return err
	}
	if e.old == "" {
		var errs []error
		for _, path := range paths {
			errs = append(errs, os.Remove(path))
		}
		return errors.Join(errs...)
	}
	found := false
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !strings.Contains(string(text), e.old) {
			continue
		}
		found = true
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), e.old, e.with)), 0o644); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%s: nothing says %q: has the suite changed?", e.files, e.old)
	}
	return nil
}
