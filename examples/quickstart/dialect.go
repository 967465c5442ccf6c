package main

// dialect is what a program says differently to each engine.
type dialect struct {
	whoami, insert, read string
}

var dialects = map[string]dialect{
	"azure-postgres": {
		whoami: `select version(), current_user`,
		insert: `insert into orders (id, item) values ($1, $2)`,
		read:   `select item from orders where id = $1`,
	},
	"azure-mysql": {
		whoami: `select version(), current_user()`,
		insert: `insert into orders (id, item) values (?, ?)`,
		read:   `select item from orders where id = ?`,
	},
	"azure-sqlserver": {
		whoami: `select @@version, suser_sname()`,
		insert: `insert into orders (id, item) values (@p1, @p2)`,
		read:   `select item from orders where id = @p1`,
	},
}
