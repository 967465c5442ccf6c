// Command gorm uses GORM, with migrations, on each of the three databases.
//
//	go run ./lab/cmd/passwordless-lab --db postgres -- go run ./examples/gorm -db postgres
//
// The same with mysql and sqlserver. It shows how GORM is given a database that is open already, AutoMigrate twice (the
// second one finds nothing to do), and rows with what belongs to them.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlserver "gorm.io/driver/sqlserver"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
	_ "github.com/azuredb/passwordless/sqlserver"
)

func main() {
	engine := flag.String("db", "postgres", "postgres, mysql or sqlserver")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, *engine); err != nil {
		log.Fatal("gorm: ", err)
	}
}

// --- copy from here: the case of your database ------------------------------------------

func dialector(engine string) (gorm.Dialector, error) {
	switch engine {
	case "postgres":
		db, err := sql.Open("azure-postgres", "") // everything from the environment
		return gormpostgres.New(gormpostgres.Config{Conn: db}), err
	case "sqlserver":
		db, err := sql.Open("azure-sqlserver", "")
		return gormsqlserver.New(gormsqlserver.Config{Conn: db}), err
	case "mysql":
		cfg := gomysql.NewConfig()
		cfg.ParseTime = true // GORM wants it; parseTime=true in the connection string does the same
		if err := mysql.Configure(cfg, "", nil); err != nil {
			return nil, err
		}
		connector, err := gomysql.NewConnector(cfg)
		if err != nil {
			return nil, err
		}
		return gormmysql.New(gormmysql.Config{Conn: sql.OpenDB(connector)}), nil
	}
	return nil, fmt.Errorf("-db %s: want postgres, mysql or sqlserver", engine)
}

// --- to here ----------------------------------------------------------------------------

type author struct {
	gorm.Model
	Name  string `gorm:"size:60;uniqueIndex"`
	Books []book
}

type book struct {
	ID       uint
	AuthorID uint
	Title    string `gorm:"size:100"`
}

func run(ctx context.Context, engine string) error {
	dialector, err := dialector(engine)
	if err != nil {
		return err
	}
	orm, err := gorm.Open(dialector, &gorm.Config{
		NamingStrategy: schema.NamingStrategy{TablePrefix: "gorm_"},
		Logger:         logger.New(log.Default(), logger.Config{LogLevel: logger.Warn, SlowThreshold: time.Second}),
	})
	if err != nil {
		return err
	}
	db, err := orm.DB()
	if err != nil {
		return err
	}
	defer db.Close()
	orm = orm.WithContext(ctx)
	for range 2 { // as two instances of an app do
		if err := orm.AutoMigrate(&author{}, &book{}); err != nil {
			return err
		}
	}
	fmt.Println("migrated twice")
	name := fmt.Sprintf("Author %d", time.Now().UnixNano()) // so that it can run again on the same database
	if err := orm.Create(&author{Name: name, Books: []book{{Title: "Tea"}, {Title: "Cups"}}}).Error; err != nil {
		return err
	}
	var found author
	inOrder := func(books *gorm.DB) *gorm.DB { return books.Order("id") }
	if err := orm.Preload("Books", inOrder).Where("name = ?", name).First(&found).Error; err != nil {
		return err
	}
	fmt.Printf("%s: an author with %d books, the first one is %q\n", engine, len(found.Books), found.Books[0].Title)
	return nil
}
