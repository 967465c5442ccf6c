// Command bench measures this library against its peers, and writes the figures to docs/benchmarks.json, and from those
// BENCHMARKS.md and docs/benchmarks.svg: see the target bench of the Makefile.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/azuredb/passwordless/lab/bench/internal/figures"
)

// groups are the benchmarks, in the order of the document.
var groups = []struct {
	name string
	run  func(context.Context, *stage) ([]figures.Row, error)
}{
	{"cached", cachedTokens},
	{"cold", coldOpens},
	{"opening", opening},
	{"hanging", hanging},
	{"query", queries},
	{"start", starts},
	{"handles", handles},
}

func main() {
	log.SetFlags(0)
	only := flag.String("run", "", "run the groups that match this `expression`, and keep the other figures: cached, cold, opening, hanging, query, start, handles")
	short := flag.Bool("short", false, "try everything quickly, and write nothing")
	root := flag.String("root", ".", "the repository's `directory`")
	genuine := flag.String("mysql", "", "the `directory` that mysql-genuine.sh has filled; empty: no MySQL")
	write := flag.Bool("write", false, "write the documents from the figures that are there")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	o := options{root: *root, genuine: *genuine, short: *short}
	var err error
	if !*write {
		err = measure(ctx, o, *only)
	}
	if err == nil && !o.short {
		err = figures.Write(*root)
	}
	if err != nil {
		cancel()
		log.Fatalln("bench:", err)
	}
}

// options are the command's.
type options struct {
	root, genuine string
	short         bool
}

// measure runs the groups, and saves what each found.
func measure(ctx context.Context, o options, only string) error {
	chosen, err := regexp.Compile("^(?:" + only + ")")
	if err != nil {
		return err
	}
	s, err := newStage(o)
	if err != nil {
		return err
	}
	defer s.close()
	record, err := figures.Load(s.figures())
	if err != nil {
		return err
	}
	for _, g := range groups {
		if !chosen.MatchString(g.name) {
			continue
		}
		began := time.Now()
		rows, err := g.run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		record.Replace(g.name, rows)
		printRows(rows, time.Since(began))
		if !o.short {
			if err := record.Save(s.figures()); err != nil {
				return err
			}
		}
	}
	return nil
}

func printRows(rows []figures.Row, took time.Duration) {
	for _, r := range rows {
		fmt.Printf("%-8s %-34s %-44s %12.4g", r.Group, r.Case, r.Who, r.Value)
		if r.Ratio != 0 {
			fmt.Printf("  ratio %.3f (%.3f to %.3f)", r.Ratio, r.Low, r.High)
		}
		if r.More != nil {
			fmt.Print("  ", r.More)
		}
		fmt.Println()
	}
	fmt.Printf("in %v\n\n", took.Round(time.Second))
}
