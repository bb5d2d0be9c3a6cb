-- The signed scope. `app.scope` is 'region|laboratory|subject|system|hmac', set per transaction by common.db; SQL injection can set a plain
-- variable but cannot sign it. Unset and empty fail closed (after one SET LOCAL the setting falls back to '', not to NULL).
CREATE SCHEMA tenancy;
CREATE TABLE tenancy.secret (key bytea NOT NULL);

-- claim.sql stands here: it is written again by each migration (tenancy.keep_keys).

CREATE FUNCTION tenancy.lo() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(1) $$;
CREATE FUNCTION tenancy.hi() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(1) || '~' $$;
CREATE FUNCTION tenancy.own() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(1) $$;
CREATE FUNCTION tenancy.laboratory() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(2) $$;
CREATE FUNCTION tenancy.subject() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(3) $$;
CREATE FUNCTION tenancy.is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(4) = 'system' $$;
CREATE FUNCTION tenancy.is_known() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tenancy.claim(3) IS NOT NULL $$;

-- The day in Shanghai: the server's own day ends eight hours later.
CREATE FUNCTION tenancy.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;

-- What crosses a border (design.md section 3): row, grantee, lawful basis, fields, expiry.
CREATE TABLE row_grant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    region_code text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    row_id uuid NOT NULL,
    grantee_code text COLLATE "C" NOT NULL,
    basis text NOT NULL,
    fields text NOT NULL DEFAULT '*',
    expires_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, kind, row_id, grantee_code)
);
CREATE INDEX row_grant_grantee_code_kind_idx ON row_grant (grantee_code, kind) INCLUDE (row_id, expires_on);
CREATE INDEX row_grant_basis_idx ON row_grant (basis, id);
ALTER TABLE row_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE row_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY row_grant_read ON row_grant FOR SELECT USING (
    (region_code >= (SELECT tenancy.lo()) AND region_code < (SELECT tenancy.hi()))
    OR (grantee_code >= (SELECT tenancy.lo()) AND grantee_code < (SELECT tenancy.hi())));
CREATE POLICY row_grant_insert ON row_grant FOR INSERT WITH CHECK (
    region_code = (SELECT tenancy.own()) OR (SELECT tenancy.laboratory()) IS NOT NULL);

-- Outbox: facts leave only with the commit; the relay marks them after the broker's acknowledgement.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    region_code text COLLATE "C" NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    envelope bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent_idx ON outbox (seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent_at_idx ON outbox (sent_at) WHERE sent_at IS NOT NULL;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY outbox_insert ON outbox FOR INSERT WITH CHECK ((SELECT tenancy.is_known()));
CREATE POLICY outbox_relay ON outbox USING ((SELECT tenancy.is_system()));

-- Inbox: a consumer's effect and its receipt commit together, so that twice is once.
CREATE TABLE inbox (
    event_id uuid PRIMARY KEY,
    type text NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox FORCE ROW LEVEL SECURITY;
CREATE POLICY inbox_system ON inbox USING ((SELECT tenancy.is_system()));

-- Dead letters: a poison event with its cause; later events of its key wait behind it.
CREATE TABLE dead_letter (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    envelope bytea NOT NULL,
    cause text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    redriven_at timestamptz,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX dead_letter_open_idx ON dead_letter (key, seq) WHERE redriven_at IS NULL;
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letter FORCE ROW LEVEL SECURITY;
CREATE POLICY dead_letter_system ON dead_letter USING ((SELECT tenancy.is_system()));

-- Answers to unsafe calls with an Idempotency-Key, kept per caller.
CREATE TABLE idempotency_key (
    subject text NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    body_sha256 text NOT NULL,
    status int NOT NULL DEFAULT 0,
    media_type text NOT NULL DEFAULT '',
    etag text NOT NULL DEFAULT '',
    body bytea NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, key)
);
CREATE INDEX idempotency_key_created_at_idx ON idempotency_key (created_at);
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_key_own ON idempotency_key USING (subject = (SELECT tenancy.subject()) OR (SELECT tenancy.is_system()));

-- Audit: append-only for every role that a service uses; a hash chain per owner, written only by audit_append().
CREATE TABLE audit_head (region_code text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL);
CREATE TABLE audit_entry (
    region_code text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    subject_id text NOT NULL,
    details jsonb NOT NULL,
    details_sha256 text NOT NULL,
    trace_id text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (region_code, seq)
);
CREATE INDEX audit_entry_subject_id_idx ON audit_entry (subject_id);
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT USING (
    region_code >= (SELECT tenancy.lo()) AND region_code < (SELECT tenancy.hi()));
CREATE POLICY audit_entry_append ON audit_entry FOR INSERT TO CURRENT_USER WITH CHECK (true);

CREATE FUNCTION audit_append(owner text, entries jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    head audit_head;
    entry jsonb;
    stamp timestamptz := clock_timestamp();
BEGIN
    IF NOT coalesce(tenancy.is_known(), false) THEN
        RAISE EXCEPTION 'no scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO audit_head VALUES (owner, 0, '') ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_head WHERE region_code = owner FOR UPDATE;
    FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
        head.seq := head.seq + 1;
        head.hash := encode(sha256(convert_to(concat_ws('|', head.hash, owner, head.seq,
            to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            entry->>'actor', entry->>'act', entry->>'subject_id', entry->>'details_sha256'), 'UTF8')), 'hex');
        INSERT INTO audit_entry VALUES (owner, head.seq, stamp, entry->>'actor', entry->>'act', entry->>'subject_id',
            (entry->>'details')::jsonb, entry->>'details_sha256', entry->>'trace_id', head.hash);
    END LOOP;
    UPDATE audit_head SET seq = head.seq, hash = head.hash WHERE region_code = owner;
END $$;
REVOKE ALL ON FUNCTION audit_append(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION tenancy.claim(int) FROM PUBLIC;

-- For the rows that change: `CREATE TRIGGER … BEFORE UPDATE … EXECUTE FUNCTION touch()` in the service's own migration.
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
