/** Facts about an image that a `Service` runs. */
export interface KnownImage {
    port?: number;
    scheme?: string;
    /** Paths of its data. */
    data?: string[];
    /** Variables with its password. The first that a file sets is the password of the connection. */
    passwords?: string[];
    /** Variables with the user and the database of the connection. */
    username?: string;
    database?: string;
    /** User of the connection if no variable names one. */
    defaultUsername?: string;
    /** Whether the server reads the password at every start. */
    readsPasswordAtStart?: boolean;
}

const IMAGES: [pattern: RegExp, image: KnownImage][] = [
    [/(^|\/)memcached$/, { port: 11211, scheme: "memcached" }],
    [
        /(^|\/)(opensearch|elasticsearch)$/,
        { port: 9200, scheme: "http", data: ["/usr/share/opensearch/data", "/usr/share/elasticsearch/data"] },
    ],
    [/(^|\/)(opensearch-dashboards|kibana)$/, { port: 5601, scheme: "http" }],
    [
        /(^|\/)meilisearch$/,
        {
            port: 7700,
            scheme: "http",
            data: ["/meili_data"],
            passwords: ["MEILI_MASTER_KEY"],
            readsPasswordAtStart: true,
        },
    ],
    [
        /(^|\/)typesense$/,
        {
            port: 8108,
            scheme: "http",
            data: ["/data"],
            passwords: ["TYPESENSE_API_KEY"],
            readsPasswordAtStart: true,
        },
    ],
    [/(^|\/)solr$/, { port: 8983, scheme: "http", data: ["/var/solr"] }],
    [
        /(^|\/)(mysql|mysql-server|mariadb|percona)$/,
        {
            port: 3306,
            scheme: "mysql2",
            data: ["/var/lib/mysql"],
            passwords: ["MYSQL_PASSWORD", "MARIADB_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD"],
            username: "MYSQL_USER",
            database: "MYSQL_DATABASE",
            defaultUsername: "root",
        },
    ],
    [
        /(^|\/)mongo$/,
        {
            port: 27017,
            scheme: "mongodb",
            data: ["/data/db"],
            passwords: ["MONGO_INITDB_ROOT_PASSWORD"],
            username: "MONGO_INITDB_ROOT_USERNAME",
        },
    ],
    [
        /(^|\/)rabbitmq$/,
        {
            port: 5672,
            scheme: "amqp",
            data: ["/var/lib/rabbitmq"],
            passwords: ["RABBITMQ_DEFAULT_PASS"],
            username: "RABBITMQ_DEFAULT_USER",
        },
    ],
    [
        /(^|\/)minio$/,
        {
            port: 9000,
            scheme: "http",
            data: ["/data"],
            passwords: ["MINIO_ROOT_PASSWORD"],
            readsPasswordAtStart: true,
        },
    ],
    [/(^|\/)(valkey|keydb|dragonfly|redict)$/, { port: 6379, scheme: "redis", data: ["/data"] }],
    [/(^|\/)(mailhog|mailpit|mailcatcher|maildev|inbucket)$/, { port: 1025, scheme: "smtp" }],
    [/(^|\/)(nginx|caddy|httpd|traefik|haproxy|openresty)$/, { port: 80, scheme: "http" }],
    [/(^|\/)(standalone-(chrome|chromium|firefox|edge)|selenium-standalone)/, { port: 4444, scheme: "http" }],
    [/(^|\/)chrome$/, { port: 3000, scheme: "ws" }],
    [/(^|\/)nats$/, { port: 4222, scheme: "nats" }],
    [/(^|\/)influxdb$/, { port: 8086, scheme: "http" }],
    [/(^|\/)(adminer)$/, { port: 8080, scheme: "http" }],
    [/(^|\/)(pgadmin4|pghero|redis-commander|redisinsight)$/, { scheme: "http" }],
    [/(^|\/)localstack$/, { port: 4566, scheme: "http" }],
    [/(^|\/)imgproxy$/, { port: 8080, scheme: "http" }],
    [/(^|\/)gotenberg$/, { port: 3000, scheme: "http" }],
    [/(^|\/)clickhouse-server$/, { port: 8123, scheme: "http", data: ["/var/lib/clickhouse"] }],
    [/(^|\/)(cp-)?kafka$/, { port: 9092, scheme: "kafka" }],
    [/(^|\/)(cp-)?zookeeper$/, { port: 2181, scheme: "tcp" }],
];

export function knownImage(image: string): KnownImage | undefined {
    const name = imageName(image);
    return IMAGES.find(([pattern]) => pattern.test(name))?.[1];
}

/** Name without tag and digest. */
export function imageName(image: string): string {
    return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

export function imageTag(image: string): string | undefined {
    return /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1];
}

/** Whether an image is a Postgres that keeps its data where the official image does. */
export function isPostgres(image: string): boolean {
    return /(^|\/)(postgres|postgis|postgis-\w+|pgvector|timescaledb|timescaledb-ha|pg-age|supabase\/postgres)$/.test(
        imageName(image),
    );
}

export function isOfficial(image: string, name: string): boolean {
    return new RegExp(String.raw`^(docker\.io\/)?(library\/)?${name}$`).test(imageName(image));
}

export function isRedis(image: string): boolean {
    return (
        isOfficial(image, "redis") ||
        (/(^|\/)(redis-stack-server|redis)$/.test(imageName(image)) && !image.includes("bitnami"))
    );
}
