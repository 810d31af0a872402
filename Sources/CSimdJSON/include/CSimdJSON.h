#pragma once
#ifdef __cplusplus
extern "C" {
#endif
int caliber_json_placeholder(void);
#ifdef __cplusplus
}
#endif
