-- One part of the signed scope; any of the keys may have signed it, so that a key can change while processes run.
CREATE OR REPLACE FUNCTION tenancy.claim(part int) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    raw text := nullif(current_setting('app.scope', true), '');
    cut int;
BEGIN
    IF raw IS NULL THEN RETURN NULL; END IF;
    cut := length(raw) - 64;
    IF cut < 4 OR substr(raw, cut, 1) <> '|' OR NOT EXISTS (SELECT FROM tenancy.secret AS s WHERE substr(raw, cut + 1) =
       encode(public.hmac(convert_to(substr(raw, 1, cut - 1), 'UTF8'), s.key, 'sha256'), 'hex')) THEN
        RAISE EXCEPTION 'forged scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN nullif(split_part(substr(raw, 1, cut - 1), '|', part), '');
END $$;
