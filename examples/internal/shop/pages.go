package shop

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed pages.html
var source string

var pages = template.Must(template.New("").Parse(source))

// Pages are the shop's pages, for a browser. An error of the database is logged, and the visitor is told that there was one.
func (s *Shop) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		products, err := s.Products(r.Context())
		show(w, "products", products, err)
	})
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		orders, err := s.Orders(r.Context())
		show(w, "orders", orders, err)
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		product, err := strconv.Atoi(r.FormValue("product"))
		customer := strings.TrimSpace(r.FormValue("customer"))
		if err != nil || customer == "" || len(customer) > 60 {
			w.WriteHeader(http.StatusBadRequest)
			show(w, "problem", "Please choose a product, and give a name of at most 60 characters.", nil)
			return
		}
		switch err := s.Order(r.Context(), product, customer); {
		case errors.Is(err, ErrSoldOut):
			w.WriteHeader(http.StatusConflict)
			show(w, "problem", "That one is sold out.", nil)
		case err != nil:
			show(w, "", nil, err)
		default:
			http.Redirect(w, r, "/orders", http.StatusSeeOther)
		}
	})
	limited := func(w http.ResponseWriter, r *http.Request) { // nobody waits for longer
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		mux.ServeHTTP(w, r.WithContext(ctx))
	}
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(limited)) // no other site's form orders anything
}

func show(w http.ResponseWriter, page string, data any, err error) {
	if err != nil {
		slog.Warn("no page", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		page, data = "problem", "The shop's database cannot be reached. Please try again in a minute."
	}
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		slog.Warn("page not sent", "page", page, "error", err)
	}
}
