Rails.application.routes.draw do
  root "home#show"

  get "sign_up" => "users#new"
  get "sign_in" => "sessions#new"
  resource :session, only: %i[create destroy]

  resources :users, only: %i[index show create edit update] do
    get :following, :followers, on: :member
    resource :follow, only: %i[create destroy]
  end
  resources :microposts, only: %i[create destroy]

  get "up" => "rails/health#show", as: :rails_health_check
end
