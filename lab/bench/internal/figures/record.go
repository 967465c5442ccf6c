// Package figures compares what contenders took, keeps that, and makes BENCHMARKS.md and its chart of it.
package figures

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Record is what the benchmarks found, and what the documents are made of.
type Record struct {
	Date     string            // of the last run
	Machine  string            // in words
	Versions map[string]string // of the peers and drivers, by module or server
	Rows     []Row
}

// Row is one figure: what one contender takes for one case of a group.
type Row struct {
	Group, Case, Who string
	Value            float64 // median, in the group's unit

	// Ratio is the median over the rounds, with the least and the greatest, of the value in those of what it is compared with.
	Ratio, Low, High float64 `json:",omitzero"`

	More map[string]float64 `json:",omitempty"` // more figures, by name
}

// Load reads the figures of a file, none if there is no file.
func Load(file string) (Record, error) {
	r := Record{Versions: map[string]string{}}
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

// Save writes the file.
func (r *Record) Save(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Replace puts rows in place of all earlier ones of their group.
func (r *Record) Replace(group string, rows []Row) {
	r.Rows = slices.DeleteFunc(r.Rows, func(old Row) bool { return old.Group == group })
	for i := range rows {
		rows[i].Group = group
	}
	r.Rows = append(r.Rows, rows...)
	r.Date, r.Machine = time.Now().Format(time.DateOnly), machine()
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if slices.Contains(named, d.Path) {
			r.Versions[d.Path] = d.Version
		}
	}
}

// named are the modules whose versions the document tells.
var named = []string{
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity", "golang.org/x/oauth2", "github.com/hashicorp/go-pgmultiauth",
	"github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "github.com/microsoft/go-mssqldb",
}

// machine describes the machine in words.
func machine() string {
	return fmt.Sprintf("%s, %s/%s, %d cores of %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor())
}

func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "an unknown processor"
}
