-- name: set_secret
-- A new password entry for a device; whether there is such a device.
SELECT iot.set_device_secret(:device_id, :secret_hash)

-- name: set_disabled
-- Out of service, or back into it; whether that changed anything.
SELECT iot.set_device_disabled(:device_id, :disabled)
