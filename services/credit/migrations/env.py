from common import migrate

migrate.run()
