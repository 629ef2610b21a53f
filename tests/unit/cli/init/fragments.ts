import type { Files } from "./initialize.ts";

const DOCKERFILE = { Dockerfile: "FROM scratch\n" };
const compose = (text: string, others: Files = {}): Files => ({
    "compose.yaml": text,
    ...DOCKERFILE,
    ...others,
});
const kamal = (text: string, others: Files = {}): Files => ({
    "config/deploy.yml": text,
    ...DOCKERFILE,
    ...others,
});

/** Parts of Compose and Kamal files of twenty real applications, with the other files that `init` needs. */
export const FRAGMENTS = {
    partsOfAConnection: compose(`
services:
  db: { image: "postgres:17", environment: { POSTGRES_USER: depot, POSTGRES_PASSWORD: "\${DB_PASS:-change-me}", POSTGRES_DB: depot_live } }
  web: { build: ., environment: { DB_HOST: db, DB_PORT: 5432, DB_USER: depot, DB_PASS: "\${DB_PASS:-change-me}", DB_NAME: depot_live } }
`),
    searchServer: compose(`
services:
  search:
    image: opensearchproject/opensearch:2.19.0
    environment: [discovery.type=single-node, "OPENSEARCH_JAVA_OPTS=-Xms256m -Xmx256m"]
    ulimits: { memlock: { soft: -1, hard: -1 } }
    volumes: [searchdata:/usr/share/opensearch/data]
  web: { build: ., environment: { OPENSEARCH_URL: "http://search:9200" } }
`),
    noHttp: compose(`
services:
  cache: { image: "memcached:1.6-alpine", command: "memcached -m 128 -I '2m'" }
`),
    oneImage: compose(`
x-depot: &depot { image: "registry.example.com/depot:4", restart: unless-stopped, environment: &base { RAILS_ENV: production } }
services:
  web: { <<: *depot, command: bin/rails server, ports: ["3000:3000"] }
  mail: { <<: *depot, command: bin/jobs --queues mail, environment: { <<: *base, JOB_CONCURRENCY: "2" } }
  clock: { <<: *depot, command: bin/clock, restart: always, depends_on: { web: { condition: service_healthy } } }
  cable: { <<: *depot, entrypoint: [bin/cable], ports: ["8081:8080"] }
  keys: { <<: *depot, command: bin/make-keys, restart: "no", user: "0:0" }
`),
    buildAndImage: compose(
        `
services:
  web: { image: "depot:dev", build: { context: ./app, dockerfile: docker/Dockerfile.web, target: dev, args: { UID: "\${UID:-1000}", GEM_TOKEN: "\${GEM_TOKEN}" } } }
`,
        { "app/docker/Dockerfile.web": "FROM scratch AS dev\n" },
    ),
    envFiles: compose(
        `
services:
  web: { image: "depot:4", env_file: [{ path: .env }, { path: .env.local, required: false }], environment: { LOG_LEVEL: warn } }
`,
        { ".env": `export SMTP_PASSWORD='a$b#c'\nLOG_LEVEL=debug # noisy\nGREETING="two\\nlines"\nEMPTY=\n` },
    ),
    interpolation: compose(`
services:
  web:
    image: "depot:\${TAG-stable}"
    environment: { HOST: "\${HOST:?set HOST}", PRICE: "5$$", DSN: "\${DSN:-}", LEVEL: "\${LEVEL:+on}" }
    ports: ["\${PORT:-3000}:3000"]
`),
    dataOneLevelOff: compose(`
services:
  new: { image: "postgres:18", volumes: ["./pg18:/var/lib/postgresql/18/docker"] }
  old: { image: "postgres:16", environment: { PGDATA: /var/lib/postgresql/data/cluster }, volumes: [oldpg:/var/lib/postgresql/data] }
`),
    inCommon: compose(
        `
services:
  web: { build: ., volumes: [assets:/rails/public] }
  front:
    image: nginx:1.29
    depends_on: { web: { condition: service_healthy } }
    volumes: ["assets:/srv/public:ro", "./ops/front.conf:/etc/nginx/conf.d/default.conf:ro"]
`,
        { "ops/front.conf": "server { location / { proxy_pass http://web:3000; } }\n" },
    ),
    redisOptions: compose(`
services:
  cache: { image: "redis:8", command: ["redis-server", "--save", "", "--save", "900", "1", "--appendonly", "no", "--maxmemory", "200mb", "--requirepass", "\${REDIS_PASS}"] }
  web: { build: ., environment: { REDIS_URL: "redis://:\${REDIS_PASS}@cache:6379/2" } }
`),
    sqlite: {
        "Gemfile.lock":
            "    rails (8.1.1)\n    solid_queue (1.2.1)\n    sqlite3 (2.7.4-x86_64-linux-gnu)\n    thruster (0.1.15-x86_64-linux)\n",
        Dockerfile: 'WORKDIR /rails\nEXPOSE 80\nCMD ["./bin/thrust", "./bin/rails", "server"]\n',
        "config/master.key": "0123456789abcdef0123456789abcdef\n",
    },
    fourDatabases: {
        ...DOCKERFILE,
        "Gemfile.lock": "    rails (8.0.2)\n    pg (1.5.9)\n",
        "config/database.yml": `
production:
  primary: &main
    <<: *default
    database: orchard_production
    username: orchard
    password: <%= ENV["ORCHARD_DATABASE_PASSWORD"] %>
  cache: { <<: *main, database: orchard_production_cache, migrations_paths: db/cache_migrate }
  queue: { <<: *main, database: orchard_production_queue, migrations_paths: db/queue_migrate }
  cable: { <<: *main, database: orchard_production_cable, migrations_paths: db/cable_migrate }
`,
    },
    separateVariables: kamal(`
service: ferry
env:
  clear: { DB_HOST: ferry-db, DB_USER: ferry, DB_NAME: ferry_production }
  secret: [RAILS_MASTER_KEY, DB_PASSWORD]
accessories:
  db: { image: "postgres:16.4", host: 192.0.2.10, env: { secret: ["POSTGRES_PASSWORD:DB_PASSWORD"] }, directories: ["data:/var/lib/postgresql/data"] }
`),
    roles: kamal(`
servers:
  web: { hosts: [192.0.2.10], options: { memory: 1g } }
  worker: { hosts: [192.0.2.10], cmd: bundle exec sidekiq -C "config/side kiq.yml", options: { memory: 2g } }
  listener: { hosts: [192.0.2.10], cmd: bin/listener, env: { clear: { QUEUE: slow } } }
`),
    destinations: kamal(
        `
service: kiln
image: <%= ENV.fetch("KILN_IMAGE", "acme/kiln") %>
require_destination: true
env: { clear: { LEVEL: <%= \`touch canary; echo 1\` %> } }
`,
        {
            "config/deploy.staging.yml":
                "servers: { web: [<%= `touch canary; cat host.txt`.strip %>] }\nssh: { user: deploy, port: 2222 }\n",
        },
    ),
    secrets: {
        ...DOCKERFILE,
        ".kamal/secrets": `SECRETS=$(kamal secrets fetch --adapter 1password --account x --from Vault/Item STRIPE_KEY)
STRIPE_KEY=$(kamal secrets extract STRIPE_KEY $SECRETS)
RAILS_MASTER_KEY=$(cat config/credentials/production.key)
SAML_KEY=$SAML_KEY
`,
        "config/credentials/production.key": "fedcba9876543210\n",
    },
    proxy: kamal(`
service: atlas
servers: { web: [192.0.2.10] }
proxy:
  ssl: true
  hosts: [atlas.example.com, www.atlas.example.com]
  forward_headers: true
  response_timeout: 90
  buffering: { max_request_body: 50_000_000 }
`),
    kamal1: kamal(`
service: loom
servers:
  web: { hosts: [192.0.2.10], labels: { traefik.http.routers.loom.rule: "Host(\`loom.example.com\`) || Host(\`www.loom.example.com\`)", traefik.http.routers.loom.tls.certresolver: letsencrypt, traefik.http.middlewares.auth.basicauth.users: "x", team: loom } }
traefik: { args: { certificatesResolvers.letsencrypt.acme.email: ops@example.com } }
healthcheck: { path: /healthz, port: 3000, max_attempts: 20 }
`),
    serverSettings: kamal(
        `
accessories:
  db:
    image: timescale/timescaledb-ha:pg17
    cmd: "postgres -c shared_buffers=1GB -c shared_preload_libraries=pg_stat_statements"
    files: ["db/init.sql:/docker-entrypoint-initdb.d/setup.sql", "config/pg.conf:/etc/postgresql/postgresql.conf"]
    options: { memory: 4g, shm-size: 1g }
`,
        { "db/init.sql": "CREATE EXTENSION pg_trgm;\n", "config/pg.conf": "work_mem = 4MB\n" },
    ),
    procfile: {
        ...DOCKERFILE,
        "Gemfile.lock": "    rails (8.0.2)\n    pg (1.5.9)\n    solid_queue (1.1.0)\n",
        Procfile: "release: bin/rails db:migrate\nweb: bundle exec puma -C config/puma.rb\n",
        "config/puma.rb": 'plugin :solid_queue if ENV["SOLID_QUEUE_IN_PUMA"]\n',
        "Procfile.dev": "web: bin/rails server\ncss: bin/rails tailwindcss:watch\n",
        "config/recurring.yml": "production: { cleanup: { class: CleanupJob, schedule: every hour } }\n",
    },
} satisfies Record<string, Files>;
