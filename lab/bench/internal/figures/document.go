package figures

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

//go:embed BENCHMARKS.md.tmpl
var page string

// Write makes BENCHMARKS.md and the chart of the figures.
func Write(root string) error {
	figures, err := Load(filepath.Join(root, "docs", "benchmarks.json"))
	if err != nil {
		return err
	}
	documents, err := figures.documents()
	if err != nil {
		return err
	}
	for name, text := range documents {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// documents are the texts of the files that are made of the figures.
func (r *Record) documents() (map[string]string, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"table": r.table, "ratio": r.ratio, "more": r.more}).Parse(page)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := t.Execute(&text, r); err != nil {
		return nil, err
	}
	return map[string]string{"BENCHMARKS.md": text.String(), "docs/benchmarks.svg": r.chart()}, nil
}

// table is a group's, with the unit of its values and the columns of more figures.
func (r *Record) table(group, unit, comparedWith string, more ...string) string {
	head, rule := "| | | "+unit+" |", "|---|---|---:|"
	if comparedWith != "" {
		head, rule = head+" times "+comparedWith+" |", rule+"---:|"
	}
	for _, name := range more {
		head, rule = head+" "+name+" |", rule+"---:|"
	}
	text, last := head+"\n"+rule, ""
	for _, row := range r.of(group) {
		shown := row.Case
		if row.Case == last {
			shown = ""
		}
		last = row.Case
		cells := []string{shown, row.Who, number(row.Value)}
		if comparedWith != "" {
			cells = append(cells, row.ratioText())
		}
		for _, name := range more {
			value, known := row.More[name]
			if !known {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, number(value))
		}
		if row.Who == Ours {
			for i, cell := range cells[1:] {
				if cell != "" {
					cells[i+1] = "**" + cell + "**"
				}
			}
		}
		text += "\n| " + strings.Join(cells, " | ") + " |"
	}
	return text
}

func (r *Record) of(group string) (rows []Row) {
	for _, row := range r.Rows {
		if row.Group == group {
			rows = append(rows, row)
		}
	}
	return rows
}

// find is the row of the first case that begins with start and ends with end.
func (r *Record) find(group, start, end, who string) (Row, error) {
	for _, row := range r.of(group) {
		if strings.HasPrefix(row.Case, start) && strings.HasSuffix(row.Case, end) && row.Who == who {
			return row, nil
		}
	}
	return Row{}, fmt.Errorf("no figure of %s for %s ... %s by %s", group, start, end, who)
}

// ratio is that of this library.
func (r *Record) ratio(group, start, end string) (string, error) {
	found, err := r.find(group, start, end, Ours)
	return fmt.Sprintf("%.2f", found.Ratio), err
}

// more is one of the further figures of a row.
func (r *Record) more(group, start, who, name string) (string, error) {
	found, err := r.find(group, start, "", who)
	return number(found.More[name]), err
}

func (r Row) ratioText() string {
	if r.Ratio == 0 {
		return "1"
	}
	format := func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
	return fmt.Sprintf("%s (%s to %s)", format(r.Ratio), format(r.Low), format(r.High))
}

// number writes three digits, or all before the decimal point.
func number(f float64) string {
	digits := 0
	for limit := 100.0; f < limit && digits < 2 && f != float64(int64(f)); limit /= 10 {
		digits++
	}
	text := strconv.FormatFloat(f, 'f', digits, 64)
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}

// Has reports whether a group has a case that begins so.
func (r *Record) Has(group, start string) bool {
	_, err := r.find(group, start, "", Ours)
	return err == nil
}
