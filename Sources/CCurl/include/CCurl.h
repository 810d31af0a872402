// libcurl for Swift: its own header, and a typed door for each variadic function that is needed. No logic here.
#ifndef CALIBER_CCURL_H
#define CALIBER_CCURL_H

#include <curl/curl.h>

/// What libcurl calls with received bytes, and asks for bytes to send.
typedef size_t (*caliber_curl_data_function)(char *bytes, size_t size, size_t count, void *context);

CURLcode caliber_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode caliber_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode caliber_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode caliber_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
CURLcode caliber_curl_set_data_function(CURL *handle, CURLoption option, caliber_curl_data_function function);
CURLcode caliber_curl_set_open_socket_function(CURL *handle, curl_opensocket_callback function);
CURLcode caliber_curl_set_progress_function(CURL *handle, curl_xferinfo_callback function);
CURLcode caliber_curl_get_long(CURL *handle, CURLINFO info, long *value);

/// The socket address within, whole: what Swift sees as `sockaddr` ends before an IPv6 address does.
const void *caliber_curl_socket_address(const struct curl_sockaddr *address);

#endif
